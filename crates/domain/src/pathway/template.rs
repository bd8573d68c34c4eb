//! Words that are sent at a step, with a few places to be filled. None of them can name the person: these words may go into mail.

use crate::Refusal;

/// What fills the places of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling<'a> {
    /// `{sender}`: the organisation that referred.
    pub sender: &'a str,
    /// `{receiver}`: the organisation that was referred to.
    pub receiver: &'a str,
    /// `{listing}`: what the referral is for.
    pub listing: &'a str,
}

const PLACES: [&str; 3] = ["sender", "receiver", "listing"];

/// The template with its places filled, each once: what is filled in is not looked at again.
pub fn fill(template: &str, filling: &Filling<'_>) -> String {
    pieces(template).map(|piece| piece.map_or_else(|text| text, |place| filling.place(place))).collect()
}

/// Refuses places that nothing fills.
pub(super) fn check(template: &str) -> Result<(), Refusal> {
    let unknown = pieces(template).find_map(|piece| piece.ok().filter(|place| !PLACES.contains(place)));
    match unknown {
        None => Ok(()),
        Some(place) => {
            let place: String = place.chars().take(40).collect();
            Err(Refusal::invalid(format!("a template has the place {{{place}}}, which nothing fills")).hint(
                "a template may have {sender}, {receiver} and {listing}; words about the person go in the sealed note",
            ))
        }
    }
}

/// Text as `Err`, the name of a place as `Ok`.
fn pieces(template: &str) -> impl Iterator<Item = Result<&str, &str>> {
    template.split_inclusive(['{', '}']).scan(false, |is_within, part| {
        let was_within = *is_within;
        *is_within = part.ends_with('{') || (was_within && !part.ends_with('}'));
        let text = part.trim_end_matches(['{', '}']);
        Some(if was_within && part.ends_with('}') { Ok(text) } else { Err(text) })
    })
}

impl<'a> Filling<'a> {
    fn place(&self, name: &str) -> &'a str {
        match name {
            "sender" => self.sender,
            "receiver" => self.receiver,
            "listing" => self.listing,
            _ => "",
        }
    }
}
