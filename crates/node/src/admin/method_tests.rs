use super::*;
use domain::pii::Pii;
use domain::referral::code::Payload;
use prost::Message;
use prost_types::FileDescriptorSet;
use std::collections::BTreeSet;
use wire::proto::ADMIN_DESCRIPTOR_SET;

const ALL: [Method; 16] = [
    Method::ListListings,
    Method::GetListing,
    Method::CreateListing,
    Method::UpdateListing,
    Method::ShareListing,
    Method::WithdrawListing,
    Method::WatchListings,
    Method::ListReferrals,
    Method::GetReferral,
    Method::OpenReferral,
    Method::CreateReferral,
    Method::UpdateReferral,
    Method::DiscardReferral,
    Method::SendReferral,
    Method::ActOnReferral,
    Method::WatchReferrals,
];

#[test]
fn every_method_of_the_contract_is_here() {
    let contract = FileDescriptorSet::decode(ADMIN_DESCRIPTOR_SET).unwrap();
    let services = contract.file.into_iter().flat_map(|file| file.service);
    let methods: BTreeSet<String> = services.flat_map(|s| s.method).filter_map(|method| method.name).collect();
    assert_eq!(methods, ALL.iter().map(|method| format!("{method:?}")).collect());
}

#[test]
fn only_who_may_read_of_people_says_erases_or_sends_something_of_them() {
    let client =
        [Action::Send, Action::Amend, Action::Answer, Action::Ask, Action::Feedback, Action::Open, Action::Erase];
    for action in Action::ALL.iter().copied() {
        let mut act = ReferralAct::new(action);
        let expected = if client.contains(&action) { Deed::Client } else { Deed::Referral };
        assert_eq!(deed(&act), expected, "{action}");
        // What cannot be without a payload says something of the person whatever else goes with it.
        assert!(action.payload() != Payload::Required || expected == Deed::Client, "{action}");
        act.words = Some(Pii::new("word".into()));
        assert_eq!(deed(&act), Deed::Client, "{action} with words");
        act.words = None;
        act.answers = Some(Pii::new(serde_json::json!({})));
        assert_eq!(deed(&act), Deed::Client, "{action} with answers");
    }
}
