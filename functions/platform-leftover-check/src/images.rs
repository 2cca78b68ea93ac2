//! Images by the names of image streams, and images of programs for an old platform.

use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::table;
use manifests::images::{Image, Prefix};
use manifests::pods::{Container, PodTemplate};
use serde_json::Value;

use crate::report::{Fact, Report};
use crate::rule::Rule;

/// The annotation by which OpenShift takes the names of images for those of image streams.
///
/// Source: openshift/api image/v1, and openshift-apiserver pkg/image/apiserver/admission/imagepolicy.
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

/// An image of a program for an old platform.
#[derive(Debug)]
struct Row {
    repository: Prefix,
    platform: &'static str,
    rule: Rule,
    message: &'static str,
}

static IMAGES: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |[repository, platform, rule, message]: [&'static str; 4]| {
        let repository = Prefix::parse(repository).unwrap_or_else(|reason| panic!("`{repository}` {reason}"));
        Row { repository, platform, rule: Rule::known(rule), message }
    };
    table::rows(include_str!("../data/images.tsv")).map(row).collect()
});

/// The repository of an image, in whose tag and digest a placeholder may be.
pub(crate) fn repository(image: &str) -> Option<String> {
    let known = image.split('$').next()?.trim_end_matches([':', '@']);
    Image::parse(known).ok().map(|image| image.repository())
}

/// An image by what is in it.
pub(crate) fn check_repository(report: &mut Report<'_>, path: FieldPath, image: &str) {
    let Some(repository) = repository(image) else { return };
    let is_meant =
        |row: &&Row| report.context.spec.is_from(row.platform) && row.repository.rest_of(&repository).is_some();
    if let Some(row) = IMAGES.iter().find(is_meant) {
        report.tell(path, Fact::new(row.rule, &repository, format!("`{repository}` {}", row.message)));
    }
}

/// Images that OpenShift takes from an image stream, and K3s from Docker Hub.
pub(crate) fn check(report: &mut Report<'_>) {
    if !report.context.spec.is_from("OpenShift") {
        return;
    }
    let item = report.item;
    let Some(template) = PodTemplate::of(item) else { return };
    let resolves = |metadata: &Value| metadata["annotations"][RESOLVE_NAMES] == "*";
    let is_resolved = resolves(template.metadata) || resolves(&item.value()["metadata"]);
    for container in template.containers() {
        if let Some(name) = stream_name(&container)
            && (is_resolved || report.context.build.has_stream(item, name))
        {
            let message = format!(
                "`{name}` is an image stream on OpenShift, and K3s would pull `docker.io/library/{name}`, an image of another owner; name the image by registry and tag"
            );
            let fact = Fact::new(Rule::ImageStreamName, format!("{} {name}", item.namespace_name()), message);
            report.tell(container.path().key("image"), fact);
        }
    }
}

/// The name of an image that may be that of an image stream: without a registry and a path. A placeholder may be in the
/// place of the tag.
fn stream_name<'v>(container: &Container<'v>) -> Option<&'v str> {
    let image = container.value["image"].as_str().filter(|image| !image.contains(['/', '@']))?;
    let name = image.split(':').next()?;
    Image::parse(name).ok().map(|image| image.path)
}
