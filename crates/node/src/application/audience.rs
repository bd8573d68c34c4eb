//! Who may hold a listing, as a person says it.

use domain::audience::Audience;
use domain::{OrgId, Refusal};

/// Reads `public`, `partners`, `own`, or organisations with commas between them, which `find` resolves.
pub(super) fn parse(text: &str, find: impl Fn(&str) -> Result<OrgId, Refusal>) -> Result<Audience, Refusal> {
    match text.trim() {
        "public" => Ok(Audience::Public),
        "partners" => Ok(Audience::Partners),
        "own" => Ok(Audience::Own),
        "" => Err(Refusal::invalid("an audience is missing").hint("say public, partners, own, or name partners")),
        names => {
            let named = names.split(',').map(|name| find(name.trim()));
            Ok(Audience::Named(named.collect::<Result<_, _>>()?))
        }
    }
}
