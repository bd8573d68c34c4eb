//! The contract as text. A change of it shows in review; once released, lines may be added and none may change.

use crate::proto::DESCRIPTOR_SET;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::fmt::Write;

#[test]
fn the_contract_is_what_was_agreed() {
    let set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let mut out = String::new();
    for file in set.file.iter().filter(|f| f.package().starts_with("fingerpost.")) {
        render(file, &mut out);
    }
    insta::assert_snapshot!("contract", out);
}

#[test]
fn everything_in_the_contract_has_a_comment() {
    let set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    for file in set.file.iter().filter(|f| f.package().starts_with("fingerpost.")) {
        let commented = file.source_code_info.iter().flat_map(|info| &info.location);
        let commented: Vec<_> =
            commented.filter(|l| !l.leading_comments().is_empty()).map(|l| l.path.as_slice()).collect();
        for (m, message) in file.message_type.iter().enumerate() {
            let path = [4, i32::try_from(m).unwrap()];
            assert!(commented.contains(&path.as_slice()), "{} has no comment", message.name());
            for (f, field) in message.field.iter().enumerate() {
                let path = [path[0], path[1], 2, i32::try_from(f).unwrap()];
                assert!(commented.contains(&path.as_slice()), "{}.{} has no comment", message.name(), field.name());
            }
        }
    }
}

fn render(file: &FileDescriptorProto, out: &mut String) {
    writeln!(out, "package {}", file.package()).unwrap();
    for service in &file.service {
        writeln!(out, "\nservice {}", service.name()).unwrap();
        for rpc in &service.method {
            let stream = |is_stream| if is_stream { "stream " } else { "" };
            let (input, output) = (stream(rpc.client_streaming()), stream(rpc.server_streaming()));
            let (asked, answered) = (short(rpc.input_type()), short(rpc.output_type()));
            writeln!(out, "  {}({input}{asked}) -> {output}{answered}", rpc.name()).unwrap();
        }
    }
    for choice in &file.enum_type {
        writeln!(out, "\nenum {}", choice.name()).unwrap();
        for value in &choice.value {
            writeln!(out, "  {} {}", value.number(), value.name()).unwrap();
        }
    }
    for message in &file.message_type {
        writeln!(out, "\nmessage {}", message.name()).unwrap();
        for field in &message.field {
            writeln!(out, "  {} {}: {}", field.number(), field.name(), kind(message, field)).unwrap();
        }
    }
    out.push('\n');
}

fn kind(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let plain = match field.r#type() {
        Type::Message | Type::Enum => short(field.type_name()).to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    if field.label() == Label::Repeated {
        return format!("repeated {plain}");
    }
    match field.oneof_index {
        Some(_) if field.proto3_optional() => format!("optional {plain}"),
        Some(i) => format!("{plain}, one of {}", message.oneof_decl[usize::try_from(i).unwrap()].name()),
        None => plain,
    }
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap()
}
