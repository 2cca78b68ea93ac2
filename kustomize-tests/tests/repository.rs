//! Builds of all roots of a repository: as the hosts do them, what they are without the functions, and how they run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use krm::program::Program;
use kustomize_tests::{Host, Manifests, PIPELINE, Scratch, shell, tool};
use repository::kustomize::Kustomize;
use repository::{Adapted, Builder, Built, Functions, Options, Repository};

const APPLICATION: &str = "overlay/development/hetzner-k3s-dev/web-app";

fn functions() -> Functions {
    let pipeline = replatform::pipeline();
    let all: Vec<&dyn Program> = replatform::FUNCTIONS.iter().copied().chain([&pipeline as &dyn Program]).collect();
    Functions::in_program(PIPELINE.program(), &all)
}

fn kustomize(name: &str) -> Option<Kustomize> {
    Some(Kustomize::in_program(tool(name)))
}

/// What comes of the roots in these directories of a repository.
fn built(directory: &Path, paths: &[&str], options: Options<'_>) -> Vec<Built> {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let repository = Repository::open(directory, &paths).expect("it is there");
    let builder = Builder::new(&repository, &functions(), options).expect("kustomize is there");
    let mut all = Vec::new();
    builder.build_all(repository.roots(), |_| {}, |built| all.push(built));
    all
}

/// The files below a directory and what is in them.
fn content(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut content = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                open.push(path.clone());
                content.insert(path, Vec::new());
            } else {
                content.insert(path.clone(), fs::read(&path).expect("it can be read"));
            }
        }
    }
    content
}

#[test]
fn before_is_the_build_in_which_the_functions_do_nothing() {
    let examples = kustomize_tests::Repository::examples();
    let before = Host::pinned().build_without_functions(&examples, APPLICATION);
    let after = Host::pinned().build(&examples, APPLICATION);
    for (runtime, program) in [
        ("plugin", "kustomize-5.0.1"),
        ("plugin", "kustomize-5.4.3"),
        ("plugin", "kustomize-5.8.1"),
        ("plugin", "kubectl-1.37"),
        ("exec", "kustomize-5.8.1"),
    ] {
        let copy = examples.copy_for(runtime);
        let options = Options { kustomize: kustomize(program), with_before: true, ..Options::default() };
        let built = built(&copy.path(""), &[APPLICATION], options).remove(0);
        let manifests = built.manifests.unwrap_or_else(|reason| panic!("{runtime}, {program}: {reason}"));
        assert_eq!(Manifests::parse(&manifests), Manifests::parse(after.expect_success()), "{runtime}, {program}");
        let without = built.before.unwrap_or_else(|| panic!("{runtime}, {program} gives nothing before"));
        assert_eq!(Manifests::parse(&without), Manifests::parse(before.expect_success()), "{runtime}, {program}");
        assert!(!built.findings.is_empty(), "{runtime}, {program}");
    }
}

#[test]
fn what_cannot_be_built_without_the_functions_is_not_guessed() {
    let examples = kustomize_tests::Repository::examples();
    let options = || Options { with_before: true, ..Options::default() };
    // kubectl would skip the functions in silence.
    let copy = examples.copy_for("exec");
    let kubectl = Options { kustomize: kustomize("kubectl-1.37"), ..options() };
    let refused = built(&copy.path(""), &[APPLICATION], kubectl).remove(0);
    assert!(refused.manifests.is_err_and(|reason| reason.contains("which kubectl skips in silence")));
    // A function in a container cannot be made to do nothing.
    let copy = examples.copy_for("container");
    let container = Options { kustomize: kustomize("kustomize-5.8.1"), is_unconfined: true, ..options() };
    assert_eq!(built(&copy.path(""), &[APPLICATION], container).remove(0).before, None);
}

#[test]
fn findings_name_files_from_the_directory_of_the_repository() {
    let examples = kustomize_tests::Repository::examples();
    let copy = examples.copy_for("plugin");
    let path = copy.path(APPLICATION).join("kustomization.yaml");
    let text = fs::read_to_string(&path).expect("it is there");
    let files = |text: &str| {
        fs::write(&path, text).expect("it can be written");
        let options = Options { kustomize: kustomize("kustomize-5.8.1"), ..Options::default() };
        let built = built(&copy.path(""), &[APPLICATION], options).remove(0);
        let of_route = built.findings.iter().filter(|finding| {
            finding.object.as_ref().is_some_and(|object| matches!(&*object.kind, "Route" | "Service"))
        });
        of_route.filter_map(|finding| finding.file.clone()).collect::<Vec<_>>()
    };
    let told = files(&text);
    assert!(told.iter().all(|file| file.starts_with("base/web-app/")) && !told.is_empty(), "{told:?}");
    // Without origins, the files of the kustomizations are looked into.
    assert_eq!(files(&text.replace("buildMetadata:", "#")), told);
}

#[test]
fn a_pipeline_adapts_a_repository_that_wires_nothing() {
    let directory = Scratch::new();
    directory.write("app/kustomization.yaml", "resources: [claim.yaml]\n");
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n";
    directory.write("app/claim.yaml", claim);
    let adapt = |manifests: String| Adapted { manifests: Ok(manifests + "# adapted\n"), findings: Vec::new() };
    let options = Options {
        kustomize: kustomize("kustomize-5.8.1"),
        with_before: true,
        adapt: Some(&adapt),
        ..Options::default()
    };
    let built = built(directory.path(), &[], options).remove(0);
    assert_eq!((built.before.as_deref(), built.manifests), (Some(claim), Ok(format!("{claim}# adapted\n"))));
}

/// Serves files of a directory by HTTP, to this machine alone.
fn serve(directory: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a network of its own");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let file = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let (status, body) = match fs::read(directory.join(file)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}

#[test]
fn a_chart_that_helm_fetches_does_not_land_in_the_repository() {
    let charts = Scratch::new();
    charts.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n");
    charts.write("web/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n");
    charts.write("web/values.yaml", "{}\n");
    let packed = shell("helm package web && helm repo index .", charts.path()).output().expect("bash starts");
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let address = serve(charts.path().to_owned());
    let directory = Scratch::new();
    let chart = format!("helmCharts:\n- {{name: web, repo: '{address}', version: 1.0.0, releaseName: here}}\n");
    directory.write("app/kustomization.yaml", chart);
    let before = content(directory.path());
    PIPELINE.program();
    let script = "replatform hydrate --unadapted app --output \"$OUT\"";
    let output = shell(script, directory.path()).env("OUT", charts.path().join("out")).output().expect("bash starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rendered = fs::read_to_string(charts.path().join("out/app.yaml")).expect("it is rendered");
    assert!(rendered.contains("name: here"), "{rendered}");
    assert_eq!(content(directory.path()), before);
}

/// A repository of this many applications over shared bases.
fn large(applications: usize) -> Scratch {
    let directory = Scratch::new();
    let bases = 10;
    for base in 0..bases {
        directory.write(format!("base/{base}/kustomization.yaml"), "resources: [objects.yaml]\n");
        let object = |kind: &str, name: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n---\n");
        let objects: String = (0..20).map(|number| object("ConfigMap", &format!("c{base}-{number}"))).collect();
        let route = format!(
            "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata:\n  name: r{base}\nspec:\n  host: r{base}.apps.example.com\n  \
             to: {{kind: Service, name: s{base}}}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s{base}\nspec:\n  \
             ports: [{{port: 80}}]\n"
        );
        directory.write(format!("base/{base}/objects.yaml"), objects + &route);
    }
    directory.write("functions/kustomization.yaml", "resources: [route.yaml]\n");
    let config =
        "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata: {name: r}\nspec: {domain: example.org}\n";
    directory.write("functions/route.yaml", config);
    for number in 0..applications {
        let kustomization = format!(
            "namespace: n{number}\nresources: [../../base/{}]\ntransformers: [../../functions]\n",
            number % bases
        );
        directory.write(format!("apps/a{number:03}/kustomization.yaml"), kustomization);
    }
    directory
}

#[test]
fn two_hundred_roots_come_in_order_and_a_broken_one_costs_only_itself() {
    let directory = large(200);
    directory.write("apps/a100/kustomization.yaml", "resources: [gone.yaml]\n");
    let repository = Repository::open(directory.path(), &[]).expect("it is there");
    assert_eq!(repository.roots().len(), 200);
    let jobs = NonZeroUsize::new(4);
    let options = Options { kustomize: kustomize("kustomize-5.8.1"), jobs, ..Options::default() };
    let builder = Builder::new(&repository, &functions(), options).expect("kustomize is there");
    let (done, mut names, mut broken) = (Mutex::new(0), Vec::new(), Vec::new());
    builder.build_all(
        repository.roots(),
        |_| *done.lock().expect("no thread panics") += 1,
        |built| {
            // No build runs far ahead, so that few manifests are held at once.
            let ahead = *done.lock().expect("no thread panics") - names.len();
            assert!(ahead <= 2 * 4 + 1, "{ahead} builds are waiting");
            names.push(built.root.directory.clone());
            match built.manifests {
                Ok(manifests) => assert!(Manifests::parse(&manifests).len() >= 22, "{manifests}"),
                Err(reason) => broken.push((built.root.directory, reason)),
            }
        },
    );
    let roots: Vec<_> = repository.roots().iter().map(|root| root.directory.clone()).collect();
    assert_eq!(names, roots);
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].0.ends_with("a100") && broken[0].1.contains("gone.yaml"), "{broken:?}");
}

#[test]
fn a_version_is_told_as_the_program_says_it() {
    for (name, expected) in [("kustomize-5.8.1", "kustomize v5.8.1"), ("kubectl-1.37", "kubectl v1.37")] {
        let version = kustomize(name).expect("it is there").version().expect("it tells its version");
        assert!(version.starts_with(expected), "{version}");
    }
}
