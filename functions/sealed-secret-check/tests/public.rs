//! The shapes of real public SealedSecrets give no false finding.

mod common;

use common::{call, manifests, path};

#[test]
fn no_shape_of_a_public_sealed_secret_is_found_broken() {
    let key = path("vectors/keys/test-only-4096.key.pem").display().to_string();
    let certificate = path("vectors/keys/test-only-4096.cert.pem").display().to_string();
    let names = manifests("public/shapes");
    assert!(names.len() >= 20, "the shapes have shrunk to {}", names.len());
    for name in names {
        let file = path(&format!("public/shapes/{name}")).display().to_string();
        for arguments in [vec![file.as_str()], vec!["--cert", &certificate, &file], vec!["--private-key", &key, &file]]
        {
            let outcome = call(&arguments, "");
            let findings: Vec<_> = outcome.stderr.lines().filter(|line| !line.contains(": info: ")).collect();
            // Whether these values fit shows only where they are applied; that is what is said of them.
            let findings: Vec<_> =
                findings.into_iter().filter(|line| !line.contains("metadata.namespace: is missing")).collect();
            assert!(outcome.succeeded && findings.is_empty(), "{name}: {}", outcome.stderr);
        }
    }
}
