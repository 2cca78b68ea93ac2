//! The containers of workloads, for which one look at each template does: the names of their ports, and their probes.

use krm::finding::Findings;
use manifests::selectors::LabelIndex;

use crate::build::Build;
use crate::{port_names, probes};

/// Checks ports and then probes, on both sides of the Services of a build.
pub(crate) fn check(build: &Build<'_>, findings: &mut Findings) {
    let (mut of_probes, mut ungated) = (Vec::new(), LabelIndex::default());
    for workload in build.workloads.iter() {
        let is_gated = workload.look(build.resources, |template| {
            port_names::check_containers(workload, template, findings);
            probes::check_containers(workload, template, &mut of_probes);
            probes::is_gated(template)
        });
        if !workload.kind.is_short_lived && !is_gated {
            ungated.insert(workload.item.namespace(), workload.labels(), workload);
        }
    }
    port_names::check_services(build, findings);
    findings.extend(of_probes);
    probes::check_services(build, &ungated, findings);
}
