//! What comes as an npm package: each to the version, in a folder of its own under `target/`, so that no lockfile and no folder of
//! packages is part of the checkout.

use crate::step::{self, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What validates FHIR in the tests. They find it under `target/fhir`, or where `FINGERPOST_TEST_FHIR` says.
const FHIR: &str = "fhir@4.12.0";

/// Installs the validator of FHIR where it is missing.
pub(crate) fn fhir() -> Outcome {
    match package("fhir", FHIR) {
        Ok(_) => step::passed_over("npm: fhir", &format!("{FHIR} is here")),
        Err(why) => {
            eprintln!("error: {why}\nhint: npm brings it; install Debian's package npm, or another Node.js");
            Outcome { name: "npm: fhir", is_good: false, took: Duration::ZERO, closing: Some(why) }
        }
    }
}

/// The folder `node_modules` with this package, `name@version`, in it. Installed where it is missing, or is another version.
pub(crate) fn package(folder: &str, package: &str) -> Result<PathBuf, String> {
    let folder = step::target().join(folder);
    let modules = folder.join("node_modules");
    if is_here(&modules, package) {
        return Ok(modules);
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix"]).arg(&folder).arg(package);
    let installed = step::run("npm", &mut npm);
    if installed.is_good && is_here(&modules, package) {
        return Ok(modules);
    }
    Err(installed.closing.unwrap_or_else(|| format!("npm did not install {package}")))
}

fn is_here(modules: &Path, package: &str) -> bool {
    let (name, version) = package.rsplit_once('@').unwrap_or((package, ""));
    let said = std::fs::read_to_string(modules.join(name).join("package.json")).unwrap_or_default();
    let version = format!("\"version\":\"{version}\"");
    said.lines().any(|line| line.split_whitespace().collect::<String>().contains(&version))
}
