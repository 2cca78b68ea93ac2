//! The volumes of pods, and the claims behind them.

use serde_json::{Value, json};

use crate::app::NamedApp;
use crate::config::{AccessMode, App, KeyToPath, Kind, Medium, Mount, ProjectedSource, Volume, VolumeType};
use crate::fields::Fields;
use crate::target::Target;

/// The mounts of the container of an app.
pub(super) fn mounts_of_app(app: &App) -> Vec<Value> {
    let mut mounts = Vec::new();
    for (name, volume) in app.volumes.iter() {
        mounts.extend(all_mounts(volume).map(|mount| written_mount(name, &mount)));
    }
    for (name, secret) in app.secrets.iter() {
        mounts.push(json!({"mountPath": secret.mount_path, "name": name, "readOnly": true}));
    }
    mounts
}

/// The places where the container of an app mounts a volume.
pub(crate) fn all_mounts(volume: &Volume) -> impl Iterator<Item = Mount> {
    let own = volume.mount_path.clone().map(|mount_path| Mount {
        mount_path,
        sub_path: volume.sub_path.clone(),
        read_only: volume.read_only,
    });
    own.into_iter().chain(volume.mounts.iter().cloned())
}

pub(super) fn written_mount(volume: &str, mount: &Mount) -> Value {
    Fields::new()
        .with("mountPath", mount.mount_path.as_str())
        .with("name", volume)
        .flag("readOnly", mount.read_only)
        .maybe("subPath", mount.sub_path.as_deref())
        .into()
}

/// The volumes of the pods. The claims of a StatefulSet are templates instead.
pub(super) fn volumes(app: &NamedApp) -> Vec<Value> {
    let secrets = app.app.secrets.iter().map(|(name, _)| json!({"name": name, "secret": {"secretName": name}}));
    let named = app.app.volumes.iter().filter(|(_, volume)| !is_template(app, volume));
    named
        .map(|(name, volume)| Fields::new().with("name", name).and(source(app, name, volume)).into())
        .chain(secrets)
        .collect()
}

fn is_template(app: &NamedApp, volume: &Volume) -> bool {
    app.app.kind == Kind::StatefulSet && volume.kind == VolumeType::Pvc && volume.existing_claim.is_none()
}

fn source(app: &NamedApp, name: &str, volume: &Volume) -> Fields {
    let mode = volume.default_mode.as_deref().and_then(mode);
    let of_object = |key: &str, name: &Option<String>| {
        Fields::new()
            .maybe(key, name.as_deref())
            .list("items", items(&volume.items))
            .maybe("defaultMode", mode)
            .flag("optional", volume.optional)
    };
    let fields = Fields::new();
    match volume.kind {
        VolumeType::EmptyDir => fields.with("emptyDir", empty_dir(volume)),
        VolumeType::Pvc => {
            let claim = volume.existing_claim.clone().unwrap_or_else(|| claim_name(app, name));
            fields.with("persistentVolumeClaim", json!({"claimName": claim}))
        }
        VolumeType::Secret => fields.with("secret", of_object("secretName", &volume.secret_name)),
        VolumeType::Configmap => fields.with("configMap", of_object("name", &volume.configmap_name)),
        VolumeType::Projected => {
            let sources: Vec<_> = volume.sources.iter().map(projected).collect();
            fields.with("projected", Fields::new().with("sources", sources).maybe("defaultMode", mode))
        }
        VolumeType::HostPath => fields.with("hostPath", json!({"path": volume.host_path})),
    }
}

fn empty_dir(volume: &Volume) -> Fields {
    let medium = (volume.medium == Medium::Memory).then_some("Memory");
    Fields::new().maybe("medium", medium).maybe("sizeLimit", volume.size_limit.as_deref())
}

fn projected(source: &ProjectedSource) -> Value {
    let part = |name: &str| {
        Fields::new().with("name", name).list("items", items(&source.items)).flag("optional", source.optional)
    };
    Fields::new()
        .maybe("secret", source.secret_name.as_deref().map(part))
        .maybe("configMap", source.configmap_name.as_deref().map(part))
        .into()
}

fn items(items: &[KeyToPath]) -> Vec<Value> {
    let item = |item: &KeyToPath| {
        let fields = Fields::new().with("key", item.key.as_str()).with("path", item.path.as_str());
        fields.maybe("mode", item.mode.as_deref().and_then(mode)).into()
    };
    items.iter().map(item).collect()
}

/// Permissions as a number; they are written in octal.
pub(crate) fn mode(text: &str) -> Option<u32> {
    u32::from_str_radix(text.trim_start_matches("0o"), 8).ok().filter(|mode| *mode <= 0o777)
}

/// The name of a claim of an app.
fn claim_name(app: &NamedApp, volume: &str) -> String {
    format!("{}-{volume}", app.name)
}

/// Claims that Argo CD keeps, because their data goes with them.
const KEPT: &str = "Prune=false,Delete=false";

/// The claims of an app, as objects.
pub(super) fn claims(app: &NamedApp, target: &Target<'_>) -> Vec<Value> {
    let is_own = |(_, volume): &(&str, &Volume)| volume.kind == VolumeType::Pvc && volume.existing_claim.is_none();
    let own = app.app.volumes.iter().filter(is_own).filter(|(_, volume)| !is_template(app, volume));
    own.map(|(name, volume)| {
        let annotations = json!({"argocd.argoproj.io/sync-options": KEPT});
        let metadata = app.metadata(target, &claim_name(app, name)).with("annotations", annotations);
        Fields::new()
            .with("apiVersion", "v1")
            .with("kind", "PersistentVolumeClaim")
            .with("metadata", metadata)
            .with("spec", claim_spec(volume))
            .into()
    })
    .collect()
}

/// The claims of a StatefulSet, as templates.
pub(super) fn claim_templates(app: &NamedApp) -> Vec<Value> {
    let templates = app.app.volumes.iter().filter(|(_, volume)| is_template(app, volume));
    templates
        .map(|(name, volume)| {
            let template = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}});
            let Value::Object(mut template) = template else { unreachable!("a mapping was just written") };
            template.insert("spec".to_owned(), claim_spec(volume).into());
            Value::Object(template)
        })
        .collect()
}

fn claim_spec(volume: &Volume) -> Fields {
    let modes =
        if volume.access_modes.is_empty() { vec![AccessMode::ReadWriteOnce] } else { volume.access_modes.clone() };
    Fields::new()
        .with("accessModes", json!(modes))
        .with("resources", json!({"requests": {"storage": volume.size}}))
        .maybe("storageClassName", volume.storage_class.as_deref())
}
