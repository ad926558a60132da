//! `choose`: runs the policies of the first branch whose condition holds.
//!
//! ```xml
//! <choose>
//!     <when condition="@(context.Request.Method == "GET")"><set-variable name="kind" value="read" /></when>
//!     <otherwise><set-variable name="kind" value="write" /></otherwise>
//! </choose>
//! ```
//!
//! The executor knows it: what stands here only compiles.

use expr::Facts;
use policy::spec::{ChildSpec, Example, Kind, Order, Repeat, attribute, child};
use policy::{Action, Choose, CompileCx, PolicySpec, Reader, Reported, Scopes, Sections, When};

pub(crate) const SPEC: PolicySpec = PolicySpec {
    element: "choose",
    summary: "Runs the policies of the first branch whose condition holds.",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    repeat: Repeat::Many,
    attributes: &[],
    children: &[
        child("when", "A branch.")
            .times(1, u32::MAX)
            .attributes(&[attribute("condition", Kind::Bool, "Whether the branch is taken.").required()])
            .children(&[child(ChildSpec::POLICIES, "Any policies.")]),
        child("otherwise", "What runs when no condition holds.")
            .times(0, 1)
            .children(&[child(ChildSpec::POLICIES, "Any policies.")]),
    ],
    order: Order::AsDeclared,
    reads: Facts::NONE,
    notes: &[
        "Conditions are evaluated from the first on; those behind the first that holds are not evaluated at all. \
         Without a branch that holds and without `otherwise` nothing happens.",
        "A condition is a literal `true` or `false`, or an expression that yields a `bool`.",
        "The policies inside must be allowed in the section that holds the `choose`.",
        "When a condition fails, `context.LastError.Path` names it: `choose[1]\\when[2]`.",
    ],
    differences: &[],
    source: "https://learn.microsoft.com/azure/api-management/choose-policy",
    examples: &[Example {
        title: "Send long requests elsewhere",
        document: r#"<choose>
    <when condition="@(context.Request.Headers.GetValueOrDefault("X-Size", "") == "long")">
        <set-backend-service base-url="https://long.example" />
    </when>
    <otherwise>
        <set-backend-service base-url="https://short.example" />
    </otherwise>
</choose>"#,
        when: "> GET /\n> X-Size: long",
        then: "> GET https://long.example/\n< 200",
    }],
};

pub(crate) fn compile(reader: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<Action, Reported> {
    let branches: Vec<_> = reader
        .children("when")
        .enumerate()
        .map(|(index, branch)| cx.within("when", index + 1, |cx| when(&branch, cx)))
        .collect();
    let otherwise = match reader.child("otherwise") {
        Some(branch) => cx.within("otherwise", 1, |cx| branch.policies(cx)),
        None => Vec::new(),
    };
    Ok(Action::Choose(Choose { when: branches.into_iter().collect::<Result<_, _>>()?, otherwise }))
}

fn when(branch: &Reader<'_>, cx: &mut CompileCx<'_>) -> Result<When, Reported> {
    let (condition, facts) = cx.facts_of(|cx| branch.required("condition", cx));
    let steps = branch.policies(cx);
    Ok(When { condition: condition?, facts, path: cx.path(), steps })
}
