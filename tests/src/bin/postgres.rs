//! Keeps one PostgreSQL for many test processes: prints its URL, and takes it away once its input ends.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let Some(cluster) = tests::postgres::Cluster::shared() else { return Ok(()) };
    writeln!(std::io::stdout(), "{}", cluster.url())?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
