//! The pages under `docs/expressions`: .NET's members with what became of them, one page a namespace, and the index.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::table::{Row, Table, Type};

fn heading(namespace: &str) -> String {
    format!(
        "# Types of `{namespace}` in expressions\n\n\
         Every public member that .NET Framework 4.8 (or Json.NET) has, and what it is here: *same*, *differs*, *not yet* (a document \
         that uses it is refused), or why no expression can use it. Generated: `CARDEA_UPDATE=1 cargo test -p expr`. \
         [All namespaces](../expressions-library.md).\n"
    )
}

/// The pages by file name.
pub(crate) fn namespaces(table: &Table) -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for ty in &table.types {
        let namespace = ty.namespace();
        let page = pages.entry(format!("{namespace}.md")).or_insert_with(|| heading(namespace));
        write_type(page, ty);
    }
    pages
}

fn write_type(page: &mut String, ty: &Type) {
    let _ = writeln!(page, "\n## `{}`\n", ty.name);
    if !ty.source.is_empty() {
        let _ = writeln!(page, "Source: {}.\n", ty.source);
    }
    let _ = writeln!(page, "| member | here |\n| --- | --- |");
    for row in &ty.rows {
        let _ = writeln!(page, "| `{}` | {} |", row.declaration.replace('|', "\\|"), mark(row));
    }
    for more in &ty.more {
        let _ = writeln!(page, "| `{}` | also |", more.replace('|', "\\|"));
    }
}

fn mark(row: &Row) -> String {
    let mono = if row.mono_lacks { "; Mono lacks it" } else { "" };
    let mark = match (row.built, &row.differs, &row.excluded) {
        (true, Some(how), _) => format!("differs: {how}"),
        (true, None, _) => "same".to_owned(),
        (false, _, Some(reason)) => format!("no: {reason}"),
        (false, _, None) => "*not yet*".to_owned(),
    };
    mark + mono
}

/// The page with the sums.
pub(crate) fn index(table: &Table) -> String {
    let mut text = String::from(
        "# Types and members in expressions\n\n\
         The types that API Management allows in expressions, with every public member of .NET Framework 4.8 and Json.NET as their own \
         assemblies list them. A member that is not here is refused when the document is loaded. Generated: `CARDEA_UPDATE=1 cargo \
         test -p expr`. How expressions work is told in [expressions](expressions.md).\n\n\
         | namespace | types | members | here | not yet |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut sums: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for ty in &table.types {
        let [types, members, built, missing] = sums.entry(ty.namespace()).or_default();
        *types += 1;
        *members += ty.usable().count();
        *built += ty.usable().filter(|row| row.built).count();
        *missing += ty.missing().count();
    }
    for (namespace, [types, members, built, missing]) in &sums {
        let _ = writeln!(
            text,
            "| [`{namespace}`](expressions/{namespace}.md) | {types} | {members} | {built} | {missing} |"
        );
    }
    write_own(&mut text);
    text
}

/// The types of API Management itself.
fn write_own(text: &mut String) {
    let entries = expr::reference();
    for entry in entries.iter().filter(|entry| !entry.name.contains('.')) {
        let _ = writeln!(text, "\n## `{}`\n", entry.name);
        let properties = expr::HOST_TYPES.iter().filter(|ty| ty.name == entry.name);
        let properties = properties.flat_map(|ty| ty.members.iter().map(|row| row.declaration));
        for member in properties.chain(entry.members.iter().copied()) {
            let _ = writeln!(text, "- `{member}`");
        }
        if !entry.unbuilt.is_empty() {
            let _ = writeln!(text, "- *not yet*: {}", entry.unbuilt.join(", "));
        }
    }
    text.push_str("\n## Extension methods of API Management\n\n");
    for entry in entries.iter().filter(|entry| entry.name.starts_with("Cardea.")) {
        for member in &entry.members {
            let _ = writeln!(text, "- `{member}`");
        }
    }
}
