//! The golden cases and the documents that come from the code.

use deploy_control::DeployControl;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn every_case_gives_what_it_should() {
    krm::golden::check_cases::<DeployControl>(CASES);
}

#[test]
fn the_documents_say_what_the_code_does() {
    krm::golden::check_documents::<DeployControl>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn the_readme_shows_the_example() {
    let case = std::path::Path::new(CASES).join("example");
    let text = |file: &str| std::fs::read_to_string(case.join(file)).expect("the case is there");
    let objects = |file: &str| {
        let wanted = |object: &&str| object.contains("kind: AppProject") || object.contains("name: web\n");
        let text = text(file);
        let objects =
            text.split("---\n").filter(wanted).map(|object| object.trim_end().to_owned() + "\n").collect::<Vec<_>>();
        objects.join("---\n")
    };
    let section = format!(
        "```yaml\n{}```\n\nwith\n\n```yaml\n{}```\n\nbecomes\n\n```yaml\n{}```\n",
        objects("input.yaml"),
        text("config.yaml"),
        objects("expected.yaml")
    );
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    krm::golden::check_section(readme.as_ref(), "example", &section);
}

#[test]
fn what_messages_propose_helps() {
    krm::remedies::check_remedies::<DeployControl>(CASES);
}
