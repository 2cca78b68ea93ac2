//! Volumes and where they are mounted.

use std::collections::BTreeSet;

use krm::field::FieldPath;
use krm::finding::{Finding, Findings, Message};

use super::containers::amount;
use crate::app::NamedApp;
use crate::config::{Kind, Volume, VolumeType};
use crate::objects::{all_mounts, mode};
use crate::rule::Rule;
use crate::target::quoted;

pub(super) fn check(app: &NamedApp, findings: &mut Findings) {
    for (name, volume) in app.app.volumes.iter() {
        let place = app.at("volumes").key(name);
        check_volume(volume, &place, findings);
        amount(volume.size.as_deref(), &place.clone().key("size"), findings);
        amount(volume.size_limit.as_deref(), &place.key("size_limit"), findings);
    }
    check_nodes(app, findings);
    check_mounts(app, findings);
    check_references(app, findings);
}

/// Fields of a volume that only one type has.
fn special_fields(volume: &Volume) -> [(&'static str, bool, VolumeType); 7] {
    [
        ("size", volume.size.is_some(), VolumeType::Pvc),
        ("storage_class", volume.storage_class.is_some(), VolumeType::Pvc),
        ("existing_claim", volume.existing_claim.is_some(), VolumeType::Pvc),
        ("secret_name", volume.secret_name.is_some(), VolumeType::Secret),
        ("configmap_name", volume.configmap_name.is_some(), VolumeType::Configmap),
        ("sources", !volume.sources.is_empty(), VolumeType::Projected),
        ("host_path", volume.host_path.is_some(), VolumeType::HostPath),
    ]
}

fn check_volume(volume: &Volume, place: &FieldPath, findings: &mut Findings) {
    let mut refuse = |key: &str, message: Message| {
        findings.push(Finding::new(Rule::ReferenceIncomplete, message).at(place.clone().key(key)));
    };
    let fields = special_fields(volume);
    for (key, _, _) in fields.iter().filter(|(_, is_given, kind)| *is_given && *kind != volume.kind) {
        refuse(key, "is of another type of volume; take it out, or correct `type`".into());
    }
    match volume.kind {
        VolumeType::Pvc if volume.size.is_some() == volume.existing_claim.is_some() => {
            refuse(
                "size",
                "must be given for a claim that is made, and must not where `existing_claim` names one".into(),
            );
        }
        VolumeType::Secret if volume.secret_name.is_none() => refuse("secret_name", "must name the Secret".into()),
        VolumeType::Configmap if volume.configmap_name.is_none() => {
            refuse("configmap_name", "must name the ConfigMap".into());
        }
        VolumeType::Projected if volume.sources.is_empty() => {
            refuse("sources", "must name Secrets or ConfigMaps".into());
        }
        VolumeType::HostPath if volume.host_path.is_none() => {
            refuse("host_path", "must name the path on the node".into());
        }
        _ => {}
    }
    let modes = volume.items.iter().filter_map(|item| item.mode.as_deref()).chain(volume.default_mode.as_deref());
    if let Some(text) = modes.into_iter().find(|text| mode(text).is_none()) {
        refuse("default_mode", format!("`{text}` must be permissions in octal, as `0440`").into());
    }
    let is_one = volume.sources.iter().all(|source| source.secret_name.is_some() != source.configmap_name.is_some());
    if !is_one {
        refuse("sources", "must each name one Secret or one ConfigMap".into());
    }
}

/// Several pods never share a claim of one node.
fn check_nodes(app: &NamedApp, findings: &mut Findings) {
    let has_many = match app.app.kind {
        Kind::Deployment => app.replicas().max() > 1,
        Kind::DaemonSet => true,
        Kind::StatefulSet | Kind::Job | Kind::CronJob => false,
    };
    let of_one_node = app.app.volumes.iter().filter(|(_, it)| it.kind == VolumeType::Pvc && it.is_of_one_node());
    for (name, _) in of_one_node.filter(|_| has_many) {
        let message = "can be mounted by pods of one node only, and the app may have several pods; use `kind: StatefulSet`, the access mode `ReadWriteMany`, or one pod";
        findings.push(Finding::new(Rule::ClaimOfOneNode, message).at(app.at("volumes").key(name)));
    }
}

/// Two mounts of a container never have one path.
fn check_mounts(app: &NamedApp, findings: &mut Findings) {
    let mut paths = BTreeSet::new();
    let volumes = app.app.volumes.iter();
    let of_volumes =
        volumes.flat_map(|(name, volume)| all_mounts(volume).map(move |mount| ("volumes", name, mount.mount_path)));
    let of_secrets = app.app.secrets.iter().map(|(name, secret)| ("secrets", name, secret.mount_path.clone()));
    for (list, name, path) in of_volumes.chain(of_secrets) {
        if !paths.insert(path.clone()) {
            let message = format!("mounts `{path}`, which another volume mounts; give one of them another path");
            findings.push(Finding::new(Rule::GivenTwice, message).at(app.at(list).key(name)));
        }
    }
}

/// Sidecars mount volumes of the app.
fn check_references(app: &NamedApp, findings: &mut Findings) {
    let known: Vec<&str> =
        app.app.volumes.iter().map(|(name, _)| name).chain(app.app.secrets.iter().map(|(name, _)| name)).collect();
    for (list, containers) in [("sidecars", &app.app.sidecars), ("init_containers", &app.app.init_containers)] {
        for (container, volume) in
            containers.iter().flat_map(|(name, it)| it.mounts.iter().map(move |(volume, _)| (name, volume)))
        {
            if !known.contains(&volume) {
                let names =
                    if known.is_empty() { "there is none".to_owned() } else { format!("there is {}", quoted(&known)) };
                let message = format!("`{volume}` is no volume of the app; {names}");
                let place = app.at(list).key(container).key("mounts").key(volume);
                findings.push(Finding::new(Rule::UnknownName, message).at(place));
            }
        }
    }
}
