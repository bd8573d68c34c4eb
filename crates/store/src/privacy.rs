//! What an organisation has to be able to show of how it handles personal data: with whom it agreed to share, who read what, and what
//! is kept longer than its time.

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::referral::access::{Access, Head, Reading};
use domain::referral::{Basis, Hold, SharingAgreement};
use domain::{OrgId, RecordId, Timestamp};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// An agreement to share, and when it was noted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedAgreement {
    /// It.
    pub agreement: SharingAgreement,
    /// When it was noted.
    pub noted_at: Timestamp,
}

impl Store {
    /// Agreements with partners to share personal data.
    pub async fn sharing_agreements(&self) -> Result<Vec<NotedAgreement>, StoreError> {
        let select = "select partner, reference, expires_at, noted_at from sharing_agreement order by partner";
        self.read(select, vec![]).await?.iter().map(agreement).collect()
    }

    /// The one with this partner.
    pub async fn sharing_agreement(&self, partner: &OrgId) -> Result<Option<NotedAgreement>, StoreError> {
        let select = "select partner, reference, expires_at, noted_at from sharing_agreement where partner = $1";
        self.read(select, vec![partner.as_bytes().into()]).await?.first().map(agreement).transpose()
    }

    /// Notes one, in place of the one before with the same partner.
    pub async fn put_sharing_agreement(&self, noted: &NotedAgreement) -> Result<(), StoreError> {
        let agreement = &noted.agreement;
        let values = vec![
            agreement.partner.as_bytes().into(),
            sql::text(&agreement.reference, "the name of an agreement")?,
            Value::Int(agreement.expires_at.as_ms()),
            Value::Int(noted.noted_at.as_ms()),
        ];
        let insert = "insert into sharing_agreement (partner, reference, expires_at, noted_at) \
                      values ($1, $2, $3, $4) on conflict (partner) do update set reference = excluded.reference, \
                      expires_at = excluded.expires_at, noted_at = excluded.noted_at";
        self.write_one(insert, values).await.map(drop)
    }

    /// Ends the one with a partner; gives whether there was one.
    pub async fn delete_sharing_agreement(&self, partner: &OrgId) -> Result<bool, StoreError> {
        let delete = "delete from sharing_agreement where partner = $1";
        Ok(self.write_one(delete, vec![partner.as_bytes().into()]).await? > 0)
    }

    /// Notes that something was read, behind all that was read before, and returns when that is durable.
    pub async fn note_reading(&self, readings: &[Reading]) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let last = "select number, chain from access order by number desc limit 1";
        let rows = sql::fetch(writing.connection(), last, vec![]).await?;
        let mut head = match rows.first() {
            Some(row) => Head { number: sql::count(row, 0)?, chain: chain(row, 1)? },
            None => Head::START,
        };
        let mut rows = Vec::new();
        for reading in readings {
            let access = head.next(*reading);
            head = access.head();
            rows.push([
                Value::count(access.number)?,
                reading.referral.as_bytes().into(),
                access.bytes().as_slice().into(),
                (&access.chain).into(),
            ]);
        }
        sql::insert(writing.connection(), "access (number, referral, reading, chain)", "", rows).await?;
        writing.commit().await
    }

    /// The log of who read what, oldest first: so many rows behind a number. A row that does not parse is an error that names it.
    pub async fn readings(&self, after: u64, limit: usize) -> Result<Vec<Access>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let select = "select number, reading, chain from access where number > $1 order by number limit $2";
        let rows = self.read(select, vec![Value::count(after)?, Value::Int(limit)]).await?;
        rows.iter().map(access).collect()
    }

    /// The same of one referral alone. Whether the log hangs together is not to be seen in them.
    pub async fn readings_of(&self, referral: &RecordId, after: u64, limit: usize) -> Result<Vec<Access>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let select = "select number, reading, chain from access where referral = $1 and number > $2 \
                      order by number limit $3";
        let values = vec![referral.as_bytes().into(), Value::count(after)?, Value::Int(limit)];
        self.read(select, values).await?.iter().map(access).collect()
    }

    /// Referrals that are kept longer than their time.
    pub async fn holds(&self) -> Result<BTreeMap<RecordId, Hold>, StoreError> {
        let rows = self.read("select referral, basis, until_ms from retention_hold", vec![]).await?;
        rows.iter().map(|row| Ok((sql::id(row, 0, "referral")?, hold(row)?))).collect()
    }

    /// Whether one is, and how long.
    pub async fn hold(&self, referral: &RecordId) -> Result<Option<Hold>, StoreError> {
        let select = "select referral, basis, until_ms from retention_hold where referral = $1";
        let rows = self.read(select, vec![referral.as_bytes().into()]).await?;
        rows.first().map(hold).transpose()
    }

    /// Keeps a referral longer, in place of what was said before.
    pub async fn put_hold(&self, referral: &RecordId, hold: &Hold, at: Timestamp) -> Result<(), StoreError> {
        let values = vec![
            referral.as_bytes().into(),
            Value::Int(hold.basis.number().into()),
            Value::Int(hold.until.as_ms()),
            Value::Int(at.as_ms()),
        ];
        let insert = "insert into retention_hold (referral, basis, until_ms, at) values ($1, $2, $3, $4) \
                      on conflict (referral) do update set basis = excluded.basis, until_ms = excluded.until_ms, \
                      at = excluded.at";
        self.write_one(insert, values).await.map(drop)
    }

    /// Ends a hold; gives whether there was one.
    pub async fn end_hold(&self, referral: &RecordId) -> Result<bool, StoreError> {
        let delete = "delete from retention_hold where referral = $1";
        Ok(self.write_one(delete, vec![referral.as_bytes().into()]).await? > 0)
    }

    async fn write_one(&self, statement: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let mut writing = self.begin().await?;
        let touched = sql::execute(writing.connection(), statement, values).await?;
        writing.commit().await?;
        Ok(touched)
    }
}

fn agreement(row: &AnyRow) -> Result<NotedAgreement, StoreError> {
    Ok(NotedAgreement {
        agreement: SharingAgreement {
            partner: sql::id(row, 0, "organisation id")?,
            reference: sql::string(row, 1)?,
            signed_on: None,
            expires_at: Timestamp::from_ms(sql::int(row, 2)?),
        },
        noted_at: Timestamp::from_ms(sql::int(row, 3)?),
    })
}

fn access(row: &AnyRow) -> Result<Access, StoreError> {
    Access::parse(sql::bytes(row, 1)?, chain(row, 2)?).map_err(|refusal| {
        let number = sql::count(row, 0).unwrap_or_default();
        StoreError::corrupt(format!("row {number} of the log of who read what: {refusal}"))
    })
}

fn hold(row: &AnyRow) -> Result<Hold, StoreError> {
    let basis = Basis::from_number(sql::small(row, 1)?).map_err(|e| StoreError::corrupt(e.to_string()))?;
    Ok(Hold { basis, until: Timestamp::from_ms(sql::int(row, 2)?) })
}

fn chain(row: &AnyRow, column: usize) -> Result<[u8; 32], StoreError> {
    let bytes = sql::bytes(row, column)?;
    bytes.try_into().map_err(|_| StoreError::corrupt("a chain of the log of who read what is not 32 bytes"))
}
