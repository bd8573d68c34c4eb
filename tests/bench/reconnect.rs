//! Two nodes in step lose their link and get it again, nothing changed meanwhile.

use crate::ask::{in_step, ms};
use crate::process::Process;
use crate::proxy::Proxy;
use crate::report::{Report, Unit};
use crate::{Fallible, ROUNDS, floor};
use std::time::Duration;

/// Nothing flows for this long: it is over. Longer than a link has to stand for its dialler to come back at once.
pub(crate) const QUIET: Duration = Duration::from_millis(1_200);
/// Bytes of a TLS handshake of two nodes and a little more: a link that carried fewer has not begun.
pub(crate) const BEGUN: u64 = 3_000;
/// How far apart the nodes are while round trips are counted: far enough that nothing else takes as long.
const AWAY: Duration = Duration::from_millis(100);

/// Measures it: one node behind the proxy, and one that dials.
pub(crate) async fn measure(
    run: &'static str,
    listings: usize,
    (proxy, behind, dialling): (&Proxy, &Process, &Process),
    report: &mut Report,
) -> Fallible<()> {
    let (mut times, mut bytes, mut beyond, mut loaded) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        proxy.shut();
        let before = behind.loaded().await? + dialling.loaded().await?;
        proxy.open();
        let flow = proxy.flow(QUIET, BEGUN).await;
        times.push(ms(flow.took));
        bytes.push(flow.bytes as f64);
        beyond.push(flow.beyond_tls as f64);
        in_step(dialling).await?;
        loaded.push(behind.loaded().await? + dialling.loaded().await? - before);
    }
    proxy.shut();
    proxy.open_far(AWAY);
    let trips = proxy.flow(QUIET, BEGUN).await.took.as_secs_f64() / (2.0 * AWAY.as_secs_f64());
    in_step(dialling).await?;
    proxy.shut();
    proxy.open();
    in_step(dialling).await?;
    report.add_beside(
        run,
        "link again, nothing changed",
        listings,
        Unit::Milliseconds,
        times,
        floor::greeting::run().await?,
    );
    report.add(run, "on the wire", listings, Unit::Bytes, bytes);
    report.add(run, "on the wire beyond the handshake", listings, Unit::Bytes, beyond);
    report.add(run, "until quiet, the handshake among them", listings, Unit::RoundTrips, [trips]);
    report.add(run, "documents loaded, both sides", listings, Unit::Documents, loaded);
    Ok(())
}

/// What the processes hold in memory now.
pub(crate) fn memory(
    run: &'static str,
    when: &str,
    listings: usize,
    nodes: [(&str, &Process); 2],
    report: &mut Report,
) {
    for (name, node) in nodes {
        let (now, most) = (node.memory_mib("VmRSS"), node.memory_mib("VmHWM"));
        report.add(run, &format!("memory {when}, {name}"), listings, Unit::Mebibytes, [now]);
        report.add(run, &format!("memory {when} at most, {name}"), listings, Unit::Mebibytes, [most]);
    }
}
