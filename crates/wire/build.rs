//! Compiles the contract in `proto/` without a protoc on the machine, and keeps its descriptor set.

use std::path::PathBuf;

const ROOT: &str = "../../proto";
const FILES: [&str; 5] = [
    ADMIN[0],
    ADMIN[1],
    "fingerpost/object/v1/object.proto",
    "fingerpost/pairing/v1/pairing.proto",
    "fingerpost/sync/v1/sync.proto",
];
/// What an organisation's own software may ask a node about; of the rest it learns nothing.
const ADMIN: [&str; 2] = ["fingerpost/admin/v1/admin.proto", "fingerpost/admin/v1/referral.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    std::fs::write(out.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;
    let mut admin = protox::Compiler::new([ROOT])?;
    admin.include_imports(true).open_files(ADMIN)?;
    std::fs::write(out.join("admin.bin"), admin.encode_file_descriptor_set())?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
