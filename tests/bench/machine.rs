//! What the figures were measured on: cores, how busy they are, and what making a write durable costs here.

use crate::Fallible;
use crate::report::quantile_of;
use std::io::Write as _;
use std::time::Instant;

const APPENDS: usize = 200;

/// In one sentence.
pub(crate) fn words() -> Fallible<String> {
    let mut file = tempfile::tempfile()?;
    let mut times = Vec::new();
    for _ in 0..APPENDS {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let cores = std::thread::available_parallelism()?;
    let (middle, slow) = (quantile_of(&times, 0.5), quantile_of(&times, 0.99));
    let durable = format!("4 KiB are durable after {middle:.2} ms (p99 {slow:.2} ms)");
    Ok(format!("{cores} cores; {durable} in the folder for temporary files; at the start, {}", load()))
}

/// How busy the machine is. Above the number of cores, figures say more about others than about this program.
pub(crate) fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown");
    format!("the load of the last minute was {load}")
}
