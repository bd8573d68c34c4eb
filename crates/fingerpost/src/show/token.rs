//! API tokens.

use super::{instant, plain, table};
use node::api::{Timestamp, TokenAdded, TokenRow, TokenScope};
use std::path::Path;

/// A new token, and how software gets in with it.
pub(crate) fn added(added: &TokenAdded, data: &Path) -> String {
    let what: Vec<_> = added.row.scope.iter().map(may).collect();
    let what = what.join("; ");
    let until = match added.row.expires_at_ms {
        Some(end) => format!("until {}", instant(end)),
        None => "until you revoke it".to_owned(),
    };
    let mut out =
        format!("{}\n\nThis is shown once. With it {:?} may {what}: {until}.\n\n", added.token, plain(&added.row.name));
    out.push_str(&match &added.port {
        Some(port) => format!(
            "It goes with each call, as the metadata `authorization: Bearer fpt_…`, to {}.\n\
             That port shows a certificate of its own, which no authority signed. Let the software trust this file, and no other:\n\n  \
             {}\n  SHA-256 {}\n\n\
             It goes by the names fingerpost and localhost, and those of --advertise and --admin-listen when it was made.\n",
            port.listen,
            port.certificate.display(),
            port.sha256
        ),
        None => format!(
            "The node listens for software on this machine only, on {}, where no token is needed.\n\
             For the network start it with `fingerpost up --admin-listen ADDRESS:PORT`.\n",
            data.join("admin.sock").display()
        ),
    });
    out
}

/// The tokens, a line each.
pub(crate) fn rows(tokens: &[TokenRow], now: Timestamp) -> String {
    if tokens.is_empty() {
        return "There are no API tokens. `fingerpost token add NAME` makes one.\n".into();
    }
    let cells = |token: &TokenRow| {
        vec![
            plain(&token.name),
            token.id.clone(),
            token.scope.to_string(),
            format!("made {}", instant(token.made_at_ms)),
            token.last_used.as_ref().map_or_else(|| "never used".to_owned(), |day| format!("last used {day}")),
            match token.expires_at_ms {
                Some(end) if end <= now => "its time is over".to_owned(),
                Some(end) => format!("until {}", instant(end)),
                None => "no end".to_owned(),
            },
        ]
    };
    table(&tokens.iter().map(cells).collect::<Vec<_>>())
}

const fn may(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "read listings",
        TokenScope::Write => "read and write listings",
        TokenScope::Referral => "see how referrals stand and move them on",
        TokenScope::Client => "read, write, send and erase what is said of people in referrals",
    }
}
