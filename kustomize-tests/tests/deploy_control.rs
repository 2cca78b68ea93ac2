//! The windows that deploy-control writes, in Argo CD's own code.

use std::process::Command;

use kustomize_tests::{root, tool};

/// The rows are those of `tests/windows.tsv` of the function, with the project and the Application that come out and the times
/// at which that may sync. The judge moves its clock and asks at each.
#[test]
fn argo_cd_lets_applications_sync_when_it_should() {
    let rows = root().join("functions/deploy-control/tests/windows.json");
    let output = Command::new(tool("argocd-windows")).arg(rows).output().expect("the judge starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let rows = printed.split(' ').next().and_then(|count| count.parse::<usize>().ok());
    assert!(rows.is_some_and(|rows| rows >= 60), "{printed}");
}
