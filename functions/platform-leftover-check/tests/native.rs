//! Applications that were written for K3s lead to no finding at all.

use std::path::Path;

#[test]
fn applications_for_k3s_are_quiet() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut names: Vec<_> = std::fs::read_dir(&cases)
        .expect("there are cases")
        .map(|case| case.expect("cases can be listed").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("native-"))
        .collect();
    names.sort();
    assert!(names.len() >= 20, "{names:?}");
    let told = |name: &&String| ["findings.txt", "error.txt"].iter().any(|file| cases.join(name).join(file).exists());
    assert_eq!(names.iter().filter(told).collect::<Vec<_>>(), Vec::<&String>::new());
}
