//! Named checks, each with what was found and how to mend it.

use super::{Application, fault};
use crate::api::{Check, PartnerState, Severity, Withheld};
use crate::clock::now;
use crate::data;
use domain::{Refusal, Timestamp};
use std::sync::atomic::Ordering;

/// 2026-01-01: a clock that stands before it was never set.
const BUILT_AFTER: Timestamp = Timestamp::from_ms(1_767_225_600_000);
/// How far a clock may have been set back before somebody should look.
const CLOCK_AHEAD_MS: i64 = 10 * 60 * 1000;
/// A partner that was not heard for so long is worth a telephone call.
const AWAY_MS: i64 = 3 * 24 * 60 * 60 * 1000;

impl Application {
    /// Every check, worst first.
    pub(super) async fn doctor(&self) -> Result<Vec<Check>, Refusal> {
        let mut checks = vec![self.check_disk(), self.check_database().await, self.check_words()];
        checks.push(self.check_clock().await?);
        checks.push(self.check_reachable().await?);
        checks.push(self.check_partners().await?);
        checks.push(self.check_content().await?);
        checks.push(completeness(&self.withheld().await?));
        checks.push(check(
            "backup",
            Severity::Warning,
            "this version makes no backups, so none is known",
            Some("copy the data folder while the node is stopped, and dump the database when it is PostgreSQL"),
        ));
        checks.sort_by_key(|c| std::cmp::Reverse(c.severity));
        Ok(checks)
    }

    fn check_disk(&self) -> Check {
        match data::disk(self.0.folder.path()) {
            Ok(disk) if disk.is_below_reserve(self.0.config.disk_reserve_bytes) => {
                let reserve = disk.reserve_bytes(self.0.config.disk_reserve_bytes);
                let found = format!("{} MiB left, {} MiB are kept free", disk.free_bytes >> 20, reserve >> 20);
                check("disk", Severity::Problem, found, Some("make room: nothing is written below the reserve"))
            }
            Ok(disk) => check("disk", Severity::Good, format!("{} MiB left", disk.free_bytes >> 20), None),
            Err(error) => check("disk", Severity::Warning, error.into_refusal().message, None),
        }
    }

    async fn check_database(&self) -> Check {
        let kind = self.0.config.database_kind();
        match self.0.store.disk_bytes().await {
            Ok(bytes) => check("database", Severity::Good, format!("{kind} answers, {} KiB", bytes >> 10), None),
            Err(error) => check("database", Severity::Problem, format!("{kind}: {error}"), error.hint()),
        }
    }

    fn check_words(&self) -> Check {
        if self.0.folder.recovery_words().exists() {
            return check(
                "recovery words",
                Severity::Warning,
                "they still lie in the data folder: whoever copies it can take this organisation's name",
                Some("write them down on paper, then `fingerpost init --forget-words`"),
            );
        }
        check("recovery words", Severity::Good, "not in the data folder", None)
    }

    async fn check_clock(&self) -> Result<Check, Refusal> {
        let now = now();
        if now < BUILT_AFTER {
            let mend = Some("set this machine's clock");
            return Ok(check("clock", Severity::Problem, "it stands before this software was made", mend));
        }
        let heard = self.0.store.peers().await.map_err(fault)?.into_iter().map(|peer| peer.last_heard).max();
        if heard.is_some_and(|at| at > now.plus_ms(CLOCK_AHEAD_MS)) {
            let found = "it stands before the time at which this node last heard from another";
            return Ok(check("clock", Severity::Warning, found, Some("set this machine's clock")));
        }
        Ok(check("clock", Severity::Good, "it has not gone back since others were heard", None))
    }

    async fn check_reachable(&self) -> Result<Check, Refusal> {
        let Some(running) = &self.0.running else {
            return Ok(check("reachable", Severity::Good, "no node runs, so nobody can have dialled it", None));
        };
        if running.was_dialled.load(Ordering::Relaxed) {
            return Ok(check("reachable", Severity::Good, "others have dialled this node: it may invite", None));
        }
        Ok(check(
            "reachable",
            Severity::Warning,
            "nobody has dialled this node since it started",
            Some("when others cannot reach it, let them invite and join them: one reachable side is enough"),
        ))
    }

    async fn check_partners(&self) -> Result<Check, Refusal> {
        let rows = self.partner_rows().await?;
        let now = now();
        let is_lost = |heard: Option<Timestamp>| heard.is_none_or(|at| at.plus_ms(AWAY_MS) < now);
        let away: Vec<_> = rows
            .iter()
            .filter(|p| p.state == PartnerState::Away && is_lost(p.last_heard_ms))
            .map(|p| format!("{:?}", p.name))
            .collect();
        if !away.is_empty() && self.0.running.is_some() {
            let found = format!("not heard from for three days or longer: {}", away.join(", "));
            return Ok(check("partners", Severity::Warning, found, Some("ring them, or pause or remove them")));
        }
        Ok(check("partners", Severity::Good, format!("{} known", rows.len()), None))
    }

    async fn check_content(&self) -> Result<Check, Refusal> {
        let status = self.status().await?;
        let found = format!("{} refused, {} still wanted", status.quarantined, status.wanted);
        if status.quarantined > 0 {
            let mend = Some("`fingerpost status` says whose and why; tell them");
            return Ok(check("content", Severity::Warning, found, mend));
        }
        Ok(check("content", Severity::Good, found, None))
    }
}

fn completeness(withheld: &[Withheld]) -> Check {
    if withheld.is_empty() {
        return check("completeness", Severity::Good, "nobody says that it holds what has not come here", None);
    }
    let lines = withheld.iter().map(|one| format!("{:?}, by {:?}", one.organisation.name, one.by.name));
    let found = format!("not all that they hold has come here for a day: {}", lines.collect::<Vec<_>>().join("; "));
    let mend = "pair with them, or follow another hub that has them on its roster, and tell the hub";
    check("completeness", Severity::Warning, found, Some(mend))
}

fn check(name: &str, severity: Severity, found: impl Into<String>, mend: Option<&str>) -> Check {
    Check { name: name.to_owned(), severity, found: found.into(), mend: mend.map(str::to_owned) }
}
