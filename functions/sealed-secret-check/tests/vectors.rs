//! The verdicts of sealed-secrets' own code on every vector, held against what the function says.

mod common;

use std::collections::BTreeMap;

use common::{call, manifests, path, read};
use serde_json::Value;

/// The judge's verdicts by file.
fn verdicts() -> BTreeMap<String, Vec<Value>> {
    let all: Vec<Value> = serde_json::from_str(&read("vectors/verdicts.json")).expect("the verdicts are JSON");
    let mut by_file: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for verdict in all {
        by_file.entry(verdict["file"].as_str().expect("a verdict has a file").to_owned()).or_default().push(verdict);
    }
    by_file
}

fn lines(file: &str, keys: &[&str], flag: &str) -> Vec<String> {
    let keys: Vec<_> = keys.iter().map(|key| path(&format!("vectors/keys/{key}")).display().to_string()).collect();
    let file = path(&format!("vectors/{file}")).display().to_string();
    let mut arguments: Vec<&str> = keys.iter().flat_map(|key| [flag, key.as_str()]).collect();
    arguments.push(&file);
    let outcome = call(&arguments, "");
    let lines = outcome.stderr.lines().map(|line| line.trim_start_matches("sealed-secret-check: ").to_owned());
    lines.filter(|line| !line.starts_with("info")).collect()
}

const KEYS: [&str; 3] = ["test-only-2048.key.pem", "test-only-3072.key.pem", "test-only-4096.key.pem"];

/// The place of a value in a line of the function.
fn place(verdict: &Value) -> String {
    let text = |field: &str| verdict[field].as_str().unwrap_or_default();
    let namespace = if text("namespace").is_empty() { String::new() } else { format!("{}/", text("namespace")) };
    let field = match text("key") {
        "" => "spec.data".to_owned(),
        key if key.contains('.') => format!("spec.encryptedData[{key}]"),
        key => format!("spec.encryptedData.{key}"),
    };
    format!("SealedSecret {namespace}{}: {field}: ", text("name"))
}

#[test]
fn with_the_keys_every_verdict_is_that_of_sealed_secrets() {
    let verdicts = verdicts();
    assert_eq!(verdicts.keys().cloned().collect::<Vec<_>>(), manifests("vectors"), "every vector has verdicts");
    let mut problems = Vec::new();
    for (file, verdicts) in &verdicts {
        let lines = lines(file, &KEYS, "--private-key");
        for verdict in verdicts {
            let place = place(verdict);
            let errors: Vec<_> = lines.iter().filter(|line| line.starts_with(&format!("error: {place}"))).collect();
            let is_right = match verdict["verdict"].as_str().expect("a verdict is a word") {
                // A whole object can be wrong with every value right.
                "decrypts" => errors.is_empty() || place.ends_with("spec.data: "),
                "wrong-key-or-label" => {
                    let other = &verdict["opensAs"];
                    let names_other = |line: &String| match other["scope"].as_str() {
                        Some("strict") => line.contains(&format!(
                            "for `{}/{}`",
                            other["namespace"].as_str().unwrap_or_default(),
                            other["name"].as_str().unwrap_or_default()
                        )),
                        Some("namespace-wide") => line.contains(&format!(
                            "any name in namespace `{}`",
                            other["namespace"].as_str().unwrap_or_default()
                        )),
                        Some(_) => line.contains("any name and namespace"),
                        None => true,
                    };
                    errors.iter().any(|line| names_other(line))
                }
                "malformed-too-short" | "malformed-base64" | "malformed-not-a-string" => errors.len() == 1,
                "malformed-object" | "no-values" => lines.iter().any(|line| line.starts_with("error: ")),
                other => panic!("no verdict {other}"),
            };
            if !is_right {
                problems.push(format!("{file}: {verdict}\n  {}", lines.join("\n  ")));
            }
        }
        let unseals = verdicts.iter().all(|verdict| verdict["unseals"] == true && verdict["verdict"] != "no-values");
        let is_refused = file.starts_with("type-") || verdicts.iter().any(|verdict| !verdict["noValueKeys"].is_null());
        let has_error = lines.iter().any(|line| line.starts_with("error: "));
        // What the controller makes of it can still be refused by the API server, or say `<no value>`.
        if has_error == unseals && !(is_refused && has_error) {
            problems.push(format!("{file}: unseals: {unseals}\n  {}", lines.join("\n  ")));
        }
        if file.starts_with("good-") && !lines.is_empty() {
            problems.push(format!("{file}: {}", lines.join("\n  ")));
        }
        if file.starts_with("hint-") && lines.len() != 1 {
            problems.push(format!("{file}: one hint is due: {}", lines.join("\n  ")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn without_keys_nothing_good_is_called_broken_and_what_shows_is_told() {
    let mut problems = Vec::new();
    // These look like others that are good: only a key tells. The last is bound to what the file no longer says.
    let hidden = [
        "appended.yaml",
        "flipped-aes.yaml",
        "flipped-rsa.yaml",
        "scope-lost.yaml",
        "truncated-aes.yaml",
        "wrong-key-one-value.yaml",
        "wrong-key.yaml",
        "wrong-key-beyond-modulus.yaml",
        "renamed-strict-no-template.yaml",
        "scope-both-sealed-namespace-wide.yaml",
        "namespace-missing.yaml",
        "scope-added.yaml",
    ];
    let verdicts = verdicts();
    assert!(hidden.iter().all(|file| verdicts.contains_key(*file)));
    for (file, verdicts) in &verdicts {
        let lines = lines(file, &[], "");
        let has_error = lines.iter().any(|line| line.starts_with("error: "));
        let unseals = verdicts.iter().all(|verdict| verdict["unseals"] == true && verdict["verdict"] != "no-values");
        let is_refused = file.starts_with("type-") || verdicts.iter().any(|verdict| !verdict["noValueKeys"].is_null());
        let is_wrong = if hidden.contains(&file.as_str()) {
            has_error
        } else {
            has_error == unseals && !(is_refused && has_error)
        };
        if is_wrong || (file.starts_with("good-") && !lines.is_empty()) {
            problems.push(format!("{file}: unseals: {unseals}\n  {}", lines.join("\n  ")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn certificates_alone_never_doubt_a_good_value() {
    let mut disproved = Vec::new();
    for (file, verdicts) in &verdicts() {
        let lines = lines(file, &["bundle.cert.pem"], "--cert");
        let doubts: Vec<_> = lines.iter().filter(|line| line.contains("none of the given certificates")).collect();
        let opens = |line: &&&String| {
            verdicts.iter().any(|verdict| verdict["verdict"] == "decrypts" && line.contains(&place(verdict)))
        };
        assert!(!doubts.iter().any(|line| opens(&line)), "{file}: {doubts:?}");
        if !doubts.is_empty() {
            disproved.push(file.clone());
        }
    }
    assert!(disproved.iter().any(|file| file.starts_with("wrong-key")), "{disproved:?}");
    let other_size = lines("good-strict-4096.yaml", &["test-only-2048.cert.pem"], "--cert");
    assert!(
        other_size.iter().all(|line| line.contains("its key has 4096 bits, and no given key has that length")),
        "{other_size:?}"
    );
    assert_eq!(other_size.len(), 2);
    let expired = lines("good-strict-4096.yaml", &["test-only-4096-expired.cert.pem"], "--cert");
    assert_eq!(expired, [""; 0], "an old certificate still tells of its key");
}

#[test]
fn what_is_said_of_every_vector_stays() {
    let everything = |keys: &[&str], flag: &str| -> String {
        let said = manifests("vectors").into_iter().map(|file| {
            let lines = lines(&file, keys, flag).join("\n  ");
            let lines = lines.replace(&format!(" ({})", path(&format!("vectors/{file}")).display()), "");
            format!("{file}\n  {}\n", if lines.is_empty() { "-" } else { &lines })
        });
        said.collect()
    };
    insta::assert_snapshot!("without_keys", everything(&[], ""));
    insta::assert_snapshot!("with_certificates", everything(&["bundle.cert.pem"], "--cert"));
    insta::assert_snapshot!("with_private_keys", everything(&KEYS, "--private-key"));
}

#[test]
fn every_kind_of_key_file_is_read() {
    let key = read("vectors/keys/test-only-4096.key.pem");
    let backup = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}, "stringData": {"tls.key": key}},
    ]});
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("backup.yaml");
    std::fs::write(&file, backup.to_string()).expect("the directory for temporary files can be written");
    let vector = path("vectors/good-strict-4096.yaml").display().to_string();
    let outcome = call(&["--private-key", &file.display().to_string(), &vector], "");
    assert!(outcome.succeeded && !outcome.stderr.contains("warning"), "{}", outcome.stderr);
    for (flag, name, cause) in [
        ("--private-key", "vectors/README.md", "holds no PEM private key"),
        ("--private-key", "vectors/none.pem", "cannot be read"),
        ("--private-key", "vectors/keys/bundle.cert.pem", "is neither PEM nor YAML"),
        ("--cert", "vectors/keys/test-only-4096.key.pem", "holds no PEM certificate"),
    ] {
        let outcome = call(&[flag, &path(name).display().to_string(), &vector], "");
        let is_told = outcome.stderr.starts_with(&format!("sealed-secret-check: error: {flag}: "));
        assert!(!outcome.succeeded && outcome.stdout.is_empty() && is_told, "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains(cause) || name == "vectors/README.md" || name.contains("bundle"),
            "{}",
            outcome.stderr
        );
    }
}
