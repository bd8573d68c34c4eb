//! Open invitations. What is sealed in them only the node can open.

use crate::sql::{self, Value};
use crate::{Store, StoreError};
use domain::identity::InvitedAs;
use domain::{OrgId, Timestamp};
use sqlx::any::AnyRow;

/// An invitation as it is kept until it is used or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// First 16 bytes of SHA-256("fingerpost invitation id" ‖ secret).
    pub id: [u8; 16],
    /// What the node needs to answer it, sealed.
    pub sealed: Vec<u8>,
    /// What whoever uses it becomes.
    pub role: InvitedAs,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Who used it.
    pub bound_org: Option<OrgId>,
    /// How often somebody named it with a wrong code.
    pub wrong_codes: u32,
}

impl Store {
    /// Keeps an invitation, in place of one with the same id.
    pub async fn put_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        let row = [
            (&invitation.id).into(),
            invitation.sealed.as_slice().into(),
            Value::Int(role_number(invitation.role)),
            Value::Int(invitation.expires_at.as_ms()),
            Value::bytes_or_none(invitation.bound_org.as_ref().map(|org| org.as_bytes().as_slice())),
            Value::Int(invitation.wrong_codes.into()),
        ];
        let then = "on conflict (invitation_id) do update set sealed = excluded.sealed, role = excluded.role, \
                    expires_at = excluded.expires_at, bound_org = excluded.bound_org, \
                    wrong_codes = excluded.wrong_codes";
        let into = "invitation (invitation_id, sealed, role, expires_at, bound_org, wrong_codes)";
        let mut writing = self.begin().await?;
        sql::insert(writing.connection(), into, then, vec![row]).await?;
        writing.commit().await
    }

    /// Every invitation, those past their time too, the first to end first.
    pub async fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        let select = "select invitation_id, sealed, expires_at, bound_org, wrong_codes, role from invitation \
                      order by expires_at, invitation_id";
        self.read(select, vec![]).await?.iter().map(read_invitation).collect()
    }

    /// Gives an invitation to one organisation. Whether it has it now: the first to ask does, for good, and may ask
    /// again; everybody else is told no, as for an invitation that is not here. Its time is the caller's to check.
    pub async fn bind_invitation(&self, id: &[u8; 16], org: &OrgId) -> Result<bool, StoreError> {
        let update = "update invitation set bound_org = $2 \
                      where invitation_id = $1 and (bound_org is null or bound_org = $2)";
        let mut writing = self.begin().await?;
        let bound = sql::execute(writing.connection(), update, vec![id.into(), org.as_bytes().into()]).await?;
        writing.commit().await?;
        Ok(bound == 1)
    }

    /// Counts a wrong code for an invitation and gives how many there were; `None` when it is not here.
    pub async fn count_wrong_code(&self, id: &[u8; 16]) -> Result<Option<u32>, StoreError> {
        let update = "update invitation set wrong_codes = wrong_codes + 1 where invitation_id = $1 \
                      returning wrong_codes";
        let mut writing = self.begin().await?;
        let rows = sql::fetch(writing.connection(), update, vec![id.into()]).await?;
        writing.commit().await?;
        rows.first().map(read_wrong_codes).transpose()
    }

    /// Ends an invitation; one that is not here is ended already.
    pub async fn delete_invitation(&self, id: &[u8; 16]) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        sql::execute(writing.connection(), "delete from invitation where invitation_id = $1", vec![id.into()]).await?;
        writing.commit().await
    }
}

fn read_invitation(row: &AnyRow) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: sql::id(row, 0, "invitation id")?,
        sealed: sql::bytes(row, 1)?.to_vec(),
        expires_at: Timestamp::from_ms(sql::int(row, 2)?),
        bound_org: sql::id_or_none(row, 3, "organisation id")?,
        wrong_codes: sql::small(row, 4)?,
        role: match sql::int(row, 5)? {
            1 => InvitedAs::Partner,
            2 => InvitedAs::Member,
            3 => InvitedAs::Node,
            other => return Err(StoreError::corrupt(format!("a stored invitation has role {other}"))),
        },
    })
}

fn role_number(role: InvitedAs) -> i64 {
    match role {
        InvitedAs::Partner => 1,
        InvitedAs::Member => 2,
        InvitedAs::Node => 3,
    }
}

fn read_wrong_codes(row: &AnyRow) -> Result<u32, StoreError> {
    sql::small(row, 0)
}
