//! Compiles the contract in `proto/` without a protoc on the machine, and keeps its descriptor set.

use std::path::PathBuf;

const ROOT: &str = "../../proto";
const FILES: [&str; 3] =
    ["fingerpost/object/v1/object.proto", "fingerpost/pairing/v1/pairing.proto", "fingerpost/sync/v1/sync.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    std::fs::write(out.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
