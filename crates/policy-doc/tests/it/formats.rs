//! Writing documents in the management API's two formats (expressions reference, 2: "Writing back").

use policy_doc::{Format, print, read};
use source::{SourceFile, render_all};

/// A document, the same as `xml`, the same as `rawxml`.
const CASES: [[&str; 3]; 10] = [
    [
        r#"<a b="@(x["k"] < 3 && y > 'c')" />"#,
        r#"<a b="@(x[&quot;k&quot;] &lt; 3 &amp;&amp; y &gt; 'c')" />"#,
        r#"<a b="@(x["k"] < 3 && y > 'c')" />"#,
    ],
    [
        r#"<a b='@(n &lt; 3 &amp;&amp; s == "x")' />"#,
        r#"<a b='@(n &lt; 3 &amp;&amp; s == &quot;x&quot;)' />"#,
        r#"<a b='@(n < 3 && s == "x")' />"#,
    ],
    [r#"<a b='@(c == 'x')' />"#, r#"<a b='@(c == &apos;x&apos;)' />"#, r#"<a b='@(c == 'x')' />"#],
    [
        "<a>\n  @{ return a.As<b>(); } </a>",
        "<a>\n  @{ return a.As&lt;b&gt;(); } </a>",
        "<a>\n  @{ return a.As<b>(); } </a>",
    ],
    // C# that is to hold the five characters `&amp;` keeps them through both formats.
    [r#"<a>@("&amp;amp;")</a>"#, r#"<a>@(&quot;&amp;amp;&quot;)</a>"#, r#"<a>@("&amp;amp;")</a>"#],
    [
        "<a b=\"@{ // c\n return 1; }\" />",
        "<a b=\"@{ // c\n return 1; }\" />",
        "<a b=\"@{ // c\n return 1; }\" />",
    ],
    ["<a b={{c}} />", "<a b=\"{{c}}\" />", "<a b={{c}} />"],
    [
        "<a><!-- b -- c --->1 < 2 & 3</a>",
        "<a><!-- b - - c - -->1 &lt; 2 &amp; 3</a>",
        "<a><!-- b -- c --->1 < 2 & 3</a>",
    ],
    ["<a b='&lt;\"'>&amp;<![CDATA[@(a<b>())]]></a>"; 3],
    ["\u{FEFF}<?xml version=\"1.0\"?>\n<a ><b /></a >\n"; 3],
];

#[test]
fn documents_are_written_in_the_formats_of_the_management_api() {
    for [text, xml, rawxml] in CASES {
        let file = SourceFile::new("policy.xml", text);
        let (document, problems) = read(&file);
        assert_eq!(print(&document, Format::AsRead), text);
        assert!(!problems.has_errors(), "{}", render_all(&problems));
        assert_eq!(print(&document, Format::Xml), xml);
        assert_eq!(print(&document, Format::RawXml), rawxml);
    }
}

#[test]
fn what_is_broken_is_copied() {
    let text = "<a b=\"@(c\" d=e><f></a>";
    let (document, problems) = read(&SourceFile::new("policy.xml", text));
    assert!(problems.has_errors());
    assert_eq!(print(&document, Format::Xml), text);
    assert_eq!(print(&document, Format::RawXml), text);
}
