//! The corpus of leaks and decoys: the tables in `corpus/`, each row in every place of a build, with generated values.
//!
//! The generator has a fixed seed, so that the corpus is the same in every run and on every machine.
#![allow(dead_code, unreachable_pub, reason = "each user takes what it needs")]

use base64::prelude::{BASE64_STANDARD, Engine};

/// A file with one object.
pub struct Case {
    /// The place in the build.
    pub place: String,
    /// The manifest.
    pub manifest: String,
    /// The value that no message may show; empty if there is none.
    pub secret: String,
}

/// Every leak.
pub fn leaks() -> Vec<Case> {
    let mut numbers = Numbers(2026);
    let mut cases = in_every_place(&read("leaks.tsv"), &PLACES, &mut numbers);
    cases.extend(texts("leak", &mut numbers));
    cases
}

/// Every decoy.
pub fn decoys() -> Vec<Case> {
    let mut numbers = Numbers(4051);
    // In a Secret and in base64 a word or an address is a plain value all the same.
    let places = PLACES.into_iter().filter(|place| !matches!(place.name, "a Secret" | "base64"));
    let mut cases = in_every_place(&read("decoys.tsv"), &places.collect::<Vec<_>>(), &mut numbers);
    cases.extend(texts("decoy", &mut numbers));
    cases.extend(scripts());
    cases
}

fn read(file: &str) -> String {
    let path = format!("{}/corpus/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.skip(1).map(|line| line.split('\t').collect())
}

fn in_every_place(table: &str, places: &[Place], numbers: &mut Numbers) -> Vec<Case> {
    let rows: Vec<_> = rows(table).collect();
    let cases = places.iter().flat_map(|place| rows.iter().map(move |row| (place, row)));
    cases
        .map(|(place, row)| {
            let (value, secret) = generated(row[1], numbers);
            Case { place: place.name.to_owned(), manifest: (place.manifest)(row[0], &value), secret }
        })
        .collect()
}

fn texts(what: &str, numbers: &mut Numbers) -> Vec<Case> {
    let table = read("texts.tsv");
    let rows: Vec<_> = rows(&table).filter(|row| row[0] == what).collect();
    let cases = rows.iter().map(|row| {
        let (text, secret) = generated(row[2], numbers);
        Case { place: format!("a file ({})", row[1]), manifest: config_map(row[1], &text), secret }
    });
    cases.collect()
}

/// The scripts of public charts, rebuilt by their shape: as a file, as an argument of a shell, and without a name.
fn scripts() -> Vec<Case> {
    let directory = format!("{}/corpus/scripts", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(&directory).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("the directory can be listed").file_name().display().to_string()).collect();
    names.sort();
    let case =
        |name: &str, manifest: String| Case { place: format!("a script ({name})"), manifest, secret: String::new() };
    let cases = names.iter().flat_map(|name| {
        let text = read(&format!("scripts/{name}"));
        [
            case(name, config_map(name, &text)),
            case(name, config_map("entrypoint", &text)),
            case(name, container(&format!("command: [sh, -c, {}]", quoted(&text)))),
        ]
    });
    cases.collect()
}

/// A value with generated text in it, and the longest piece of that text.
fn generated(template: &str, numbers: &mut Numbers) -> (String, String) {
    let (mut value, mut secret) = (String::new(), String::new());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        value.push_str(&rest[..open].replace("\\n", "\n"));
        let (atom, length) = atom(&rest[open..]);
        let piece = match atom.split_once(' ') {
            Some(("b64", inner)) => {
                let (inner, _) = generated(inner, numbers);
                BASE64_STANDARD.encode(inner)
            }
            Some((class, length)) if alphabet(class).is_some() => {
                numbers.text(alphabet(class).unwrap_or_default(), length.parse().expect("a length"))
            }
            None if atom == "uuid" => [8, 4, 4, 4, 12].map(|length| numbers.text("0123456789abcdef", length)).join("-"),
            _ => {
                value.push('{');
                rest = &rest[open + 1..];
                continue;
            }
        };
        if piece.len() > secret.len() {
            secret.clone_from(&piece);
        }
        value.push_str(&piece);
        rest = &rest[open + length..];
    }
    value.push_str(&rest.replace("\\n", "\n"));
    (value, secret)
}

/// The text between the brace at the beginning and the one that closes it, and the length with both.
fn atom(text: &str) -> (&str, usize) {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (&text[1..at], at + 1);
        }
    }
    (&text[1..], text.len())
}

fn alphabet(class: &str) -> Option<&'static str> {
    Some(match class {
        "digit" => "0123456789",
        "hex" => "0123456789abcdef",
        "lower" => "abcdefghijklmnopqrstuvwxyz",
        "upper" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "letter" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "updigit" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "alnum" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "url" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
        "base64" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/",
        "crypt" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./",
        "any" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+*",
        "signs" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#%^&*-_=+~",
        _ => return None,
    })
}

/// Numbers that look random, the same in each run.
pub struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn text(&mut self, letters: &str, length: usize) -> String {
        (0..length).map(|_| char::from(letters.as_bytes()[self.below(letters.len())])).collect()
    }
}

/// A place of a build where a value can be.
#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    /// The manifest with the value under the words of a name.
    manifest: fn(&str, &str) -> String,
}

const PLACES: [Place; 14] = [
    Place {
        name: "a Secret",
        manifest: |name, value| object("v1", "Secret", &format!("stringData:\n  {}: {}\n", kebab(name), quoted(value))),
    },
    Place {
        name: "the environment",
        manifest: |name, value| {
            container(&format!("env:\n        - name: {}\n          value: {}", capitals(name), quoted(value)))
        },
    },
    Place {
        name: "arguments",
        manifest: |name, value| {
            container(&format!("args:\n        - {}", quoted(&format!("--{}={value}", kebab(name)))))
        },
    },
    Place {
        name: "a command",
        manifest: |name, value| {
            container(&format!(
                "command: [sh, -c, {}]",
                quoted(&format!("export {}='{value}'; exec server", capitals(name)))
            ))
        },
    },
    Place {
        name: "an annotation",
        manifest: |name, value| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: case\n  namespace: web\n  annotations:\n    example.com/{}: {}\n",
                kebab(name),
                quoted(value)
            )
        },
    },
    Place {
        name: "an environment file",
        manifest: |name, value| config_map("app.env", &format!("HOST=db\n{}={value}\nPORT=5432\n", capitals(name))),
    },
    Place {
        name: "a YAML file",
        manifest: |name, value| {
            config_map("application.yaml", &format!("server:\n  port: 8080\n  {}: {}\n", camel(name), quoted(value)))
        },
    },
    Place {
        name: "a JSON file",
        manifest: |name, value| {
            config_map("config.json", &format!("{{\"port\": 8080, \"{}\": {}}}\n", camel(name), quoted(value)))
        },
    },
    Place {
        name: "properties",
        manifest: |name, value| {
            config_map("app.properties", &format!("server.port=8080\nshop.{}={value}\n", name.replace(' ', ".")))
        },
    },
    Place {
        name: "an INI file",
        manifest: |name, value| {
            config_map("app.ini", &format!("[server]\nport = 8080\n{} = {value}\n", name.replace(' ', "_")))
        },
    },
    Place {
        name: "Helm values",
        manifest: |name, value| {
            object(
                "helm.toolkit.fluxcd.io/v2",
                "HelmRelease",
                &format!("spec:\n  values:\n    server:\n      {}: {}\n", camel(name), quoted(value)),
            )
        },
    },
    Place {
        name: "a program",
        manifest: |name, value| {
            config_map("settings.py", &format!("import os\n\nDEBUG = False\n{} = {}\n", capitals(name), quoted(value)))
        },
    },
    Place {
        name: "a custom resource",
        manifest: |name, value| {
            object("example.com/v1", "Shop", &format!("spec:\n  config:\n    {}: {}\n", camel(name), quoted(value)))
        },
    },
    Place {
        name: "base64",
        manifest: |name, value| {
            config_map("data", &BASE64_STANDARD.encode(format!("HOST=db\n{}={value}\n", capitals(name))))
        },
    },
];

fn object(api_version: &str, kind: &str, rest: &str) -> String {
    format!("apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: case\n  namespace: web\n{rest}")
}

fn container(rest: &str) -> String {
    let spec = "spec:\n  selector:\n    matchLabels: {app: case}\n  template:\n    metadata:\n      labels: {app: case}\n    spec:\n      containers:\n      - name: case\n        image: case:1";
    object("apps/v1", "Deployment", &format!("{spec}\n        {rest}\n"))
}

fn config_map(file: &str, text: &str) -> String {
    let lines: String =
        text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect();
    object("v1", "ConfigMap", &format!("data:\n  {file}: |\n{lines}"))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn kebab(name: &str) -> String {
    name.replace(' ', "-")
}

fn capitals(name: &str) -> String {
    name.replace(' ', "_").to_uppercase()
}

fn camel(name: &str) -> String {
    let words = name.split(' ').enumerate();
    let word = |(index, word): (usize, &str)| match index {
        0 => word.to_owned(),
        _ => word[..1].to_uppercase() + &word[1..],
    };
    words.map(word).collect()
}
