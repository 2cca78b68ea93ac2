//! The parts of the README that come from cases and tables.

use std::path::{Path, PathBuf};

use krm::golden::check_section;
use krm::table::rows;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_readme_says_what_the_tables_and_cases_do() {
    let case = "cases/application-of-openshift";
    let example = format!(
        "```yaml\n{}```\n\n```text\n{}```\n",
        read(&format!("{case}/input.yaml")),
        read(&format!("{case}/error.txt"))
    );
    check_section(&path("README.md"), "example", &example);
    let mut products = "| Product | API groups |\n| --- | --- |\n".to_owned();
    let table: Vec<[&str; 2]> = rows(include_str!("../data/products.tsv")).collect();
    for of_product in table.chunk_by(|one, other| one[0] == other[0]) {
        let groups: Vec<_> = of_product.iter().map(|[_, group]| format!("`{group}`")).collect();
        products.push_str(&format!("| `{}` | {} |\n", of_product[0][0], groups.join(", ")));
    }
    check_section(&path("README.md"), "products", &products);
}
