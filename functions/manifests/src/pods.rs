//! Where pods are in manifests: the kinds that make them, their labels, containers and volumes.

use std::borrow::Cow;
use std::sync::LazyLock;

use krm::field::FieldPath;
use krm::resource_list::Item;
use krm::table;
use serde_json::Value;

/// A kind that makes pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PodKind {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The kind, as `Deployment`.
    pub kind: &'static str,
    /// The JSON pointer of the pod template: a mapping with `metadata` and `spec`. Empty for a Pod, which is its own.
    pub template: &'static str,
    /// How the kind knows its pods.
    pub own_pods: OwnPods,
    /// Whether its pods come and go, as those of a Job.
    pub is_short_lived: bool,
    /// The label by which the controller names the object on its pods, if there is one.
    pub label: Option<&'static str>,
}

/// How a kind knows which pods are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPods {
    /// By a label selector at `spec.selector`.
    Selector,
    /// By labels at `spec.selector`.
    Labels,
    /// By the labels of the template; the controller adds labels of its own.
    Template,
}

impl PodKind {
    /// The keys that lead to the pod template.
    fn steps(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.template.split('/').skip(1)
    }

    /// The field path of the pods' `spec` in an object.
    pub fn spec_path(&self) -> FieldPath {
        self.steps().fold(FieldPath::root(), FieldPath::key).key("spec")
    }

    /// The JSON pointer of the pods' `spec` in an object.
    pub fn spec_pointer(&self) -> String {
        format!("{}/spec", self.template)
    }

    /// What the pod template of an object has behind these keys; null if there is none. Nothing else of an object that is
    /// as it came is read.
    pub fn field<'i>(&self, item: &'i Item, keys: &[&str]) -> Cow<'i, Value> {
        let mut path: Vec<&str> = self.steps().collect();
        path.extend(keys);
        item.field(&path)
    }

    /// The volumes in a list of them from the pods' `spec`, with the field path of each.
    pub fn volumes<'v>(&'static self, list: &'v Value) -> impl Iterator<Item = (FieldPath, &'v Value)> + use<'v> {
        let volumes = list.as_array().into_iter().flatten().enumerate();
        volumes.map(|(index, volume)| (self.spec_path().key("volumes").index(index), volume))
    }

    /// The label that the controller adds to the pods of an object, and its value. With `manualSelector` a Job adds none.
    pub fn added_label(&self, item: &Item) -> Option<(&'static str, String)> {
        let key = self.label.filter(|_| !item.name().is_empty() && *item.field(&["spec", "manualSelector"]) != true)?;
        Some((key, item.name().to_owned()))
    }
}

/// The kinds that make pods, ordered by group and kind.
pub fn kinds() -> &'static [PodKind] {
    static KINDS: LazyLock<Vec<PodKind>> = LazyLock::new(|| {
        let rows = table::rows(include_str!("../data/pod-kinds.tsv"));
        rows.map(|[group, kind, template, own_pods, lifetime, label]| PodKind {
            group,
            kind,
            template,
            own_pods: match own_pods {
                "selector" => OwnPods::Selector,
                "labels" => OwnPods::Labels,
                "template" => OwnPods::Template,
                other => unreachable!("`{other}` is no way to know pods"),
            },
            is_short_lived: lifetime == "ends",
            label: Some(label).filter(|label| *label != "-"),
        })
        .collect()
    });
    &KINDS
}

/// How objects of a group and kind make pods, if they do.
pub fn kind(group: &str, kind: &str) -> Option<&'static PodKind> {
    kinds().iter().find(|known| known.kind == kind && known.group == group)
}

/// The template of the pods that an object makes.
#[derive(Debug, Clone, Copy)]
pub struct PodTemplate<'v> {
    /// The kind of the object.
    pub kind: &'static PodKind,
    /// `metadata` of the pods.
    pub metadata: &'v Value,
    /// `spec` of the pods.
    pub spec: &'v Value,
}

impl<'v> PodTemplate<'v> {
    /// The pod template of an object; `None` if its kind makes no pods or it has no `spec` for them.
    pub fn of(item: &'v Item) -> Option<Self> {
        Self::at(kind(item.group(), item.kind())?, item.value())
    }

    /// The pod template of an object of a kind that makes pods.
    pub fn at(kind: &'static PodKind, object: &'v Value) -> Option<Self> {
        let template = kind.steps().try_fold(object, |value, key| value.get(key))?;
        let spec = template.get("spec").filter(|spec| spec.is_object())?;
        Some(Self { kind, metadata: &template["metadata"], spec })
    }

    /// The label that the controller adds to the pods of an object by this template; see [`PodKind::added_label`].
    pub fn added_label(&self, item: &Item) -> Option<(&'static str, String)> {
        self.kind.added_label(item)
    }

    /// The JSON pointer of the pods' `spec` in the object.
    pub fn spec_pointer(&self) -> String {
        self.kind.spec_pointer()
    }

    /// The field path of the pods' `spec` in the object.
    pub fn spec_path(&self) -> FieldPath {
        self.kind.spec_path()
    }

    /// The containers, those that start first first.
    pub fn containers(&self) -> impl Iterator<Item = Container<'v>> + use<'v> {
        let template = *self;
        [Role::Init, Role::Main, Role::Ephemeral].into_iter().flat_map(move |role| {
            let containers = template.spec[role.field()].as_array().into_iter().flatten().enumerate();
            containers.map(move |(index, value)| Container { role, index, value, kind: template.kind })
        })
    }

    /// The volumes, with the field path of each.
    pub fn volumes(&self) -> impl Iterator<Item = (FieldPath, &'v Value)> + use<'v> {
        self.kind.volumes(&self.spec["volumes"])
    }
}

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'v> {
    /// What the container is for.
    pub role: Role,
    /// Its place in its list.
    pub index: usize,
    /// The container.
    pub value: &'v Value,
    kind: &'static PodKind,
}

/// Where a container is in an object that makes pods.
#[derive(Debug, Clone, Copy)]
pub struct ContainerPlace {
    /// What the container is for.
    pub role: Role,
    /// Its place in its list.
    pub index: usize,
    kind: &'static PodKind,
}

impl ContainerPlace {
    /// The field path of the container in its object.
    pub fn path(&self) -> FieldPath {
        self.kind.spec_path().key(self.role.field()).index(self.index)
    }

    /// The JSON pointer of the container in its object.
    pub fn pointer(&self) -> String {
        format!("{}/{}/{}", self.kind.spec_pointer(), self.role.field(), self.index)
    }
}

impl Container<'_> {
    /// Where it is, which stays known without its value.
    pub fn place(&self) -> ContainerPlace {
        ContainerPlace { role: self.role, index: self.index, kind: self.kind }
    }

    /// The field path of the container in its object.
    pub fn path(&self) -> FieldPath {
        self.place().path()
    }

    /// The JSON pointer of the container in its object.
    pub fn pointer(&self) -> String {
        self.place().pointer()
    }

    /// Whether it runs as long as its pod: a main container, or a sidecar, which is an init container that restarts.
    ///
    /// Source: kubernetes/api core/v1 types.go, `Container.restartPolicy`.
    pub fn keeps_running(&self) -> bool {
        self.role == Role::Main || (self.role == Role::Init && self.value["restartPolicy"] == "Always")
    }
}

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It runs before the others.
    Init,
    /// It does the work.
    Main,
    /// It is for debugging.
    Ephemeral,
}

impl Role {
    /// The field of the pod's `spec` that lists such containers.
    pub fn field(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Main => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_gives_its_pods() {
        for kind in kinds() {
            let mut object = json!({"spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "b"}]}});
            for key in kind.template.rsplit('/').filter(|key| !key.is_empty()) {
                object = json!({ key: object });
            }
            let template = PodTemplate::at(kind, &object).unwrap_or_else(|| panic!("{kind:?} has no template"));
            let names: Vec<_> = template.containers().map(|container| container.value["name"].clone()).collect();
            assert_eq!(names, ["b", "a"], "{kind:?}");
            for container in template.containers() {
                let pointer = format!("{}/{}/{}", template.spec_pointer(), container.role.field(), container.index);
                assert_eq!(object.pointer(&pointer), Some(container.value), "{kind:?}");
                assert_eq!(
                    (container.path(), container.pointer()),
                    (FieldPath::of_pointer(&pointer), pointer),
                    "{kind:?}"
                );
            }
        }
    }

    #[test]
    fn controllers_name_their_objects_on_pods() {
        let added = |text: &str| {
            let resources = krm::resource_list::Resources::from_streams(vec![(None, text.to_owned())]);
            let resources = resources.expect("the text is YAML");
            let item = resources.iter().next().expect("the object is there");
            PodTemplate::of(item).expect("it has a template").added_label(item)
        };
        let job = |spec: &str| {
            format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: m}}\nspec: {{{spec}template: {{spec: {{}}}}}}\n"
            )
        };
        assert_eq!(added(&job("")), Some(("batch.kubernetes.io/job-name", "m".to_owned())));
        assert_eq!(added(&job("manualSelector: true, ")), None);
        assert_eq!(added("apiVersion: v1\nkind: Pod\nmetadata: {name: m}\nspec: {}\n"), None);
    }

    #[test]
    fn the_table_names_each_kind_once_in_order() {
        let names: Vec<_> = kinds().iter().map(|kind| (kind.group, kind.kind)).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn an_object_without_a_spec_for_pods_has_no_template() {
        let rollout = kind("argoproj.io", "Rollout").expect("Rollouts make pods");
        for object in [json!({"spec": {"workloadRef": {"name": "x"}}}), json!({"spec": {"template": {"spec": []}}})] {
            assert!(PodTemplate::at(rollout, &object).is_none(), "{object}");
        }
        assert!(kind("apps", "Rollout").is_none());
    }
}
