//! `replatform init`: the transformers and one overlay's wiring for a repository that begins to use the functions.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use krm::host;
use krm::subcommand::{Example, ExitMeaning, Subcommand, TROUBLE};
use repository::Repository;
use repository::kustomize::Kustomize;
use setup::{Function, Plan, Request, Survey, Wiring};

use crate::functions::of_applications;

const ABOUT: &str =
    "Looks at a repository, and writes the transformers and the wiring of one overlay, as files to review";

const DETAILS: &str = "\
Finds the kustomizations that are built by themselves and reads what they come to, with their patches and the values of their \
charts: the domains of Routes, storage classes and claims, registries, Kafka clusters with route listeners, DeploymentConfigs, \
namespaces, and the API groups of operators. It writes \
`transformers/`, with a config for each function, and with --overlay the directory by which one cluster uses it. Comments say \
what was found in which file. A comment that begins with `To decide:` is before what is to be decided. As far as the functions can do without a value, it \
is a comment, so that they go on telling what is missing; else the value is a name that exists nowhere, as \
`k3s.to-be-decided.invalid`.

The functions have to meet each object once. So --overlay has them listed in the applications below DIR, which Argo CD or a person \
builds, and in the kustomization of the cluster only where it has objects or settings of its own. What was chosen is reported. To choose \
otherwise, name one application as DIR, or the cluster with --in-overlay.

No file is overwritten: if one is there with another text, nothing is written. A second run over what it wrote changes \
nothing. Kustomizations of yours are not edited: the lines to add are printed. With --wire they are written, where that \
changes no other byte. Charts are not inflated and patches are not applied; what was not read is reported.";

/// The subcommand.
pub(crate) struct Init;

impl Subcommand for Init {
    fn command(&self) -> Command {
        let path = |id: &'static str| Arg::new(id).value_parser(value_parser!(PathBuf)).value_hint(ValueHint::DirPath);
        let flag = |id: &'static str| Arg::new(id).long(id).action(ArgAction::SetTrue);
        Command::new("init").about(ABOUT).long_about(format!("{ABOUT}.\n\n{DETAILS}")).args([
            path("path").value_name("PATH").default_value(".").help("The directory of the repository"),
            path("overlay").long("overlay").value_name("DIR").help(
                "The overlay of one cluster, or of one application, from PATH; what is below it gets the functions",
            ),
            flag("in-overlay")
                .requires("overlay")
                .help("Lists the functions in the kustomization of DIR itself instead of in its applications"),
            flag("dry-run").help("Prints the files instead of writing them"),
            flag("wire").requires("overlay").conflicts_with("dry-run").help("Adds the lines to the kustomizations too"),
        ])
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example { call: "replatform init", about: "Writes transformers/, and names the overlays that there are" },
            Example {
                call: "replatform init --overlay overlay/development/hetzner --dry-run",
                about: "Shows what it would write for a cluster",
            },
            Example {
                call: "replatform init --overlay overlay/development/hetzner --wire",
                about: "Writes it, and lists the functions where they meet each object of the cluster once",
            },
        ]
    }

    fn exit_codes(&self) -> &'static [ExitMeaning] {
        &[
            ExitMeaning { code: 0, about: "The files are written, or were there already." },
            ExitMeaning {
                code: TROUBLE,
                about: "The arguments are wrong, the repository cannot be read, a file is there with another text, or everything in DIR has \
                        functions already. Nothing is written.",
            },
        ]
    }

    fn run(&self, arguments: &ArgMatches) -> ExitCode {
        match init(arguments)
            .and_then(|said| host::print(&said).map_err(|error| format!("standard output cannot be written: {error}")))
        {
            Ok(()) => ExitCode::SUCCESS,
            Err(reason) => {
                host::say(&format!("replatform: error: {}\n", host::one_line(&reason)));
                ExitCode::from(TROUBLE)
            }
        }
    }
}

/// Does the work; what is said of it.
fn init(arguments: &ArgMatches) -> Result<String, String> {
    let path = arguments.get_one::<PathBuf>("path").cloned().unwrap_or_default();
    let repository = Repository::open(&path, &[])?;
    if repository.roots().is_empty() {
        return Err(format!(
            "{} has no kustomization that is built by itself; name the directory of a repository",
            path.display()
        ));
    }
    let survey = Survey::of(&repository);
    let functions: Vec<_> =
        of_applications().map(|function| Function { name: function.name(), kind: function.kind() }).collect();
    let overlay = arguments.get_one::<PathBuf>("overlay").map(PathBuf::as_path);
    let plan = Plan::of(&Request {
        repository: &repository,
        survey: &survey,
        overlay,
        in_overlay: arguments.get_flag("in-overlay"),
        functions: &functions,
    })?;
    let mut said = summary(&repository, &survey);
    if arguments.get_flag("dry-run") {
        plan.check()?;
        said += &texts(&plan);
    }
    let is_wired = arguments.get_flag("wire");
    if !arguments.get_flag("dry-run") {
        said += &written(&plan);
        plan.write(is_wired)?;
    }
    said += &next_steps(&plan, repository.directory(), &path, is_wired);
    Ok(said)
}

/// What was found, a line each.
fn summary(repository: &Repository, survey: &Survey) -> String {
    let mut text = format!(
        "Found: {}",
        count(repository.roots().len(), "kustomization", "that is built by itself", "that are built by themselves")
    );
    let of = |count: usize, what: &str| if count == 0 { String::new() } else { format!("\n  {what}: {count}") };
    for (found, what) in [
        (&survey.domains, "domains of Routes"),
        (&survey.hostless, "Routes without a host"),
        (&survey.classes, "storage classes"),
        (&survey.classless, "objects with claims without a class"),
        (&survey.shared_claims, "objects with claims for several nodes"),
        (&survey.registries, "registries of images"),
        (&survey.internal_registries, "internal registries of OpenShift"),
        (&survey.kafka, "Kafka clusters with route listeners"),
        (&survey.deployment_configs, "DeploymentConfigs"),
        (&survey.namespaces, "namespaces"),
        (&survey.groups, "API groups of operators"),
    ] {
        text += &of(found.len(), what);
    }
    text += "\n";
    for (file, reason) in &survey.unread {
        let _ =
            writeln!(text, "  not read: {}: {}", host::one_line(&file.display().to_string()), host::one_line(reason));
    }
    for remark in repository.remarks() {
        let _ = writeln!(
            text,
            "  {}: {}",
            host::one_line(&remark.file.display().to_string()),
            host::one_line(&remark.message)
        );
    }
    text + &runtime()
}

/// Which kustomize there is, and what that means for how functions are started.
fn runtime() -> String {
    match Kustomize::find().and_then(|kustomize| kustomize.version()) {
        Ok(version) => format!("Builds with {}, by the runtime `plugin`.\n", host::one_line(version.trim())),
        Err(_) => "Neither kustomize nor kubectl is on PATH. The runtime `plugin` works in both.\n".to_owned(),
    }
}

fn count(count: usize, what: &str, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {what} {one}") } else { format!("{count} {what}s {several}") }
}

/// The files, as they would be written.
fn texts(plan: &Plan) -> String {
    plan.files.iter().fold(String::new(), |mut text, file| {
        let _ = write!(text, "\n==> {} <==\n{}", file.path.display(), file.text);
        text
    })
}

fn written(plan: &Plan) -> String {
    let missing: Vec<_> = plan.missing().collect();
    let mut text = format!("\n{}", if missing.is_empty() { "Every file is there already.\n" } else { "Written:\n" });
    for file in missing {
        let _ = writeln!(text, "  {}", file.path.display());
    }
    text
}

/// What is left to a person.
fn next_steps(plan: &Plan, directory: &Path, path: &Path, is_wired: bool) -> String {
    let mut text: String = plan.choice.iter().map(|told| format!("{}\n", host::one_line(told))).collect();
    for (file, reason) in &plan.refused {
        let file = file.strip_prefix(directory).unwrap_or(file).display().to_string();
        let _ = writeln!(text, "{}", host::one_line(&format!("Not wired: {file}: {reason}")));
    }
    for wiring in &plan.wirings {
        let file = wiring.file.strip_prefix(directory).unwrap_or(&wiring.file).display().to_string();
        text += &match &wiring.wired {
            Ok(_) if is_wired => format!("Wired: {file}\n"),
            Err(reason) if is_wired => format!("Not wired: {file}: {reason}. Add to it:\n{}", indented(wiring)),
            _ => format!("Add to {file}:\n{}", indented(wiring)),
        };
    }
    if !plan.candidates.is_empty() {
        text += "Wire the overlay of one cluster next, such as:\n";
        for overlay in plan.candidates.iter().take(5) {
            let overlay = if overlay.as_os_str().is_empty() { Path::new(".") } else { overlay };
            let _ = writeln!(text, "  replatform init {} --overlay {}", path.display(), overlay.display());
        }
    }
    let places: BTreeSet<_> = plan.files.iter().filter_map(|file| file.path.parent()).collect();
    let is_top = |place: &&&Path| !places.iter().any(|other| other != *place && place.starts_with(other));
    let place = |place: &&Path| if path == Path::new(".") { place.to_path_buf() } else { path.join(place) };
    let places: Vec<_> = places.iter().filter(is_top).map(|top| place(top).display().to_string()).collect();
    let places = host::one_line(&places.join(" "));
    format!(
        "\n{text}Then decide what `grep -rn -A 4 'To decide:' {places}` shows, and build with `replatform build DIR`.\n"
    )
}

fn indented(wiring: &Wiring) -> String {
    wiring.lines().lines().map(|line| format!("  {line}\n")).collect()
}
