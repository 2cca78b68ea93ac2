//! What workloads read: ImageStreams of the build, and entries of the option `images`.

use std::collections::BTreeSet;

use krm::finding::Finding;
use krm::resource_list::{Item, ItemId, Resources};

use crate::builds::Builds;
use crate::config::Spec;
use crate::kinds::IMAGE_STREAM;
use crate::plan::Plan;
use crate::rule::Rule;

/// The label of the streams that the dashboard of OpenShift AI offers.
const NOTEBOOK: &str = "opendatahub.io/notebook-image";

const UNREAD: &str = "no workload of the build reads this ImageStream, and K3s does not know the kind; take it out, or map its \
                      images where they are used";
const FOR_A_PROGRAM: &str = "OpenShift AI reads this ImageStream through the API, and K3s does not know the kind; take it out, \
                             and give the program its images in another way";

/// What workloads read.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    streams: BTreeSet<ItemId>,
    entries: BTreeSet<String>,
}

impl Usage {
    /// Notes that a workload reads an ImageStream.
    pub(crate) fn note_stream(&mut self, stream: ItemId) {
        self.streams.insert(stream);
    }

    /// Notes that an entry of the option `images` gave an image.
    pub(crate) fn note_entry(&mut self, entry: String) {
        self.entries.insert(entry);
    }

    /// Takes out the streams that workloads read, and tells of those that nothing reads. A workload that does not get its
    /// image is an error, which keeps everything; if a person accepts it, nothing on K3s reads the stream either.
    pub(crate) fn settle_streams(&self, resources: &Resources, builds: &Builds, plan: &mut Plan) {
        for item in resources.iter().filter(|item| IMAGE_STREAM.is_of(item)) {
            if self.streams.contains(&item.id()) {
                plan.remove(item);
            } else if !builds.names(item) {
                plan.note(Rule::UnreadImageStream, item, "spec", unread(item));
            }
        }
    }

    /// Tells of the entries of the option `images` that no workload asks for.
    pub(crate) fn report_entries(&self, spec: &Spec, plan: &mut Plan) {
        let entries = spec.images.keys().filter(|entry| !self.entries.contains(*entry));
        let unused: Vec<_> = entries.map(|entry| format!("`{entry}`")).collect();
        if !unused.is_empty() {
            let message = format!("no workload of the build asks for these entries of `images`: {}", unused.join(", "));
            plan.tell(Finding::new(Rule::UnusedImageEntry, message));
        }
    }
}

/// What is told of a stream that no workload reads.
fn unread(stream: &Item) -> &'static str {
    let is_notebook = !stream.value()["metadata"]["labels"][NOTEBOOK].is_null();
    if is_notebook { FOR_A_PROGRAM } else { UNREAD }
}
