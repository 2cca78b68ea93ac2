//! BuildConfigs: what pushes images, and what has to be built elsewhere.

use std::collections::{BTreeSet, HashMap};

use krm::resource_list::{Item, Resources, namespace_name};
use manifests::addresses::authorities;
use serde_json::Value;

use crate::kinds::BUILD_CONFIG;
use crate::plan::Plan;
use crate::rule::Rule;
use crate::stream_tag::StreamTag;

/// The BuildConfigs of a build.
#[derive(Debug, Default)]
pub(crate) struct Builds {
    /// The name of the BuildConfig that pushes an image.
    pushers: HashMap<(String, String), String>,
    /// The streams that a BuildConfig names.
    streams: BTreeSet<(String, String)>,
}

impl Builds {
    /// The BuildConfigs among the objects.
    pub(crate) fn of(resources: &Resources) -> Self {
        let mut builds = Self::default();
        for item in resources.iter().filter(|item| BUILD_CONFIG.is_of(item)) {
            for (tag, is_output) in stream_tags(item) {
                let namespace = namespace_name(tag.namespace.as_deref()).to_owned();
                if is_output {
                    let image = format!("{}{}", tag.stream, tag.version);
                    builds.pushers.insert((namespace.clone(), image), item.name().to_owned());
                }
                builds.streams.insert((namespace, tag.stream));
            }
        }
        builds
    }

    /// The BuildConfig that pushes an image.
    pub(crate) fn pusher(&self, tag: &StreamTag) -> Option<&str> {
        let namespace = namespace_name(tag.namespace.as_deref()).to_owned();
        self.pushers.get(&(namespace, format!("{}{}", tag.stream, tag.version))).map(String::as_str)
    }

    /// Whether a BuildConfig names an ImageStream.
    pub(crate) fn names(&self, stream: &Item) -> bool {
        let namespace = stream.namespace_name().to_owned();
        stream.names().into_iter().any(|name| self.streams.contains(&(namespace.clone(), name)))
    }
}

/// The images of streams that a BuildConfig names, and whether it pushes them.
fn stream_tags(item: &Item) -> Vec<(StreamTag, bool)> {
    let spec = &item.value()["spec"];
    let mut found = Vec::new();
    let mut note = |reference: &Value, is_output: bool| {
        if reference["kind"] == "ImageStreamTag" {
            let namespace = reference["namespace"].as_str().or(item.namespace());
            let tag = StreamTag::parse(namespace, reference["name"].as_str().unwrap_or_default());
            found.extend(tag.map(|tag| (tag, is_output)));
        }
    };
    note(&spec["output"]["to"], true);
    note(strategy(spec).1, false);
    for image in spec["source"]["images"].as_array().into_iter().flatten() {
        note(&image["from"], false);
    }
    found
}

/// The strategy of a build and the image that it starts from.
fn strategy(spec: &Value) -> (&'static str, &Value) {
    const STRATEGIES: [(&str, &str); 4] = [
        ("sourceStrategy", "source to image"),
        ("dockerStrategy", "Dockerfile"),
        ("customStrategy", "custom image"),
        ("jenkinsPipelineStrategy", "Jenkins pipeline"),
    ];
    let strategy = &spec["strategy"];
    let found = STRATEGIES.iter().find(|(key, _)| strategy[*key].is_object());
    found.map_or(("unknown", &Value::Null), |(key, name)| (name, &strategy[*key]["from"]))
}

/// Tells what a CI job has to do in the place of each BuildConfig.
pub(crate) fn report(resources: &Resources, plan: &mut Plan) {
    for item in resources.iter().filter(|item| BUILD_CONFIG.is_of(item)) {
        let message = format!(
            "K3s builds no images; {}; build it in a CI job and take the BuildConfig out",
            job(&item.value()["spec"])
        );
        plan.report(Rule::BuildConfig, item, "spec", message);
    }
}

/// What a build does, in words.
fn job(spec: &Value) -> String {
    let source = &spec["source"];
    let (strategy, from) = strategy(spec);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let inline = source["dockerfile"].as_str().map(|_| "dockerfile".to_owned());
    let parts = [
        ("the source is", source["git"]["uri"].as_str().map(without_user)),
        ("at", text(&source["git"]["ref"])),
        ("in the directory", text(&source["contextDir"])),
        ("the strategy is", Some(strategy.to_owned())),
        ("with the Dockerfile", text(&spec["strategy"]["dockerStrategy"]["dockerfilePath"])),
        ("with the Dockerfile in its field", inline),
        ("on the image", image(from)),
        ("and the image goes to", image(&spec["output"]["to"])),
    ];
    let parts = parts.into_iter().filter_map(|(word, value)| Some(format!("{word} `{}`", value?)));
    parts.collect::<Vec<_>>().join(", ")
}

/// A URL without user and password.
fn without_user(url: &str) -> String {
    match authorities(url).next().and_then(|authority| authority.userinfo) {
        Some(user) => format!("{}{}", &url[..user.start], &url[user.end + 1..]),
        None => url.to_owned(),
    }
}

/// The image that a reference names, with its namespace if it names one.
fn image(reference: &Value) -> Option<String> {
    let name = reference["name"].as_str()?;
    Some(match reference["namespace"].as_str() {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    })
}
