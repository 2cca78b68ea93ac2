//! The exact places of storage classes: one table for the code, its tests and the README.
//!
//! Source: the API types and CustomResourceDefinitions of the projects named by the groups.

use std::collections::HashMap;

use krm::config::ConfigError;
use serde_json::Value;

use crate::config::{Holds, Spec};
use crate::path::{Pattern, Place};

/// The annotation that names the class of a claim or volume, and wins over the field.
///
/// Source: `component-helpers/storage/volume/helpers.go`, `GetPersistentVolumeClaimClass`.
pub const BETA_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Fields that name storage classes, in objects of these groups and kinds.
#[derive(Debug)]
pub struct KnownFields {
    /// The API groups; empty text is the core group.
    pub groups: &'static [&'static str],
    /// The kinds.
    pub kinds: &'static [&'static str],
    /// Which of these objects.
    pub only: Only,
    /// What the fields hold.
    pub form: Form,
    /// The paths of the fields.
    pub paths: &'static [&'static str],
}

/// Which objects of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All.
    All,
    /// Those of these names.
    Named(&'static [&'static str]),
    /// Those with this label.
    Labelled(&'static str),
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The name of a class, or a list of names.
    Class,
    /// A mapping whose keys are names of classes.
    Keys,
    /// A mapping with keys of ResourceQuotas, as `NAME.storageclass.storage.k8s.io/requests.storage`.
    QuotaKeys,
    /// A mapping whose values are names of classes.
    ClassMap,
    /// A list of rules of a Role, whose `resourceNames` may be names of classes.
    RbacRules,
    /// Values of a Helm chart.
    Values,
    /// Values of a Helm chart, as text.
    ValuesText,
    /// Values of a Helm chart, as a list of names and values.
    Parameters,
    /// Values of a Helm chart, as a mapping of dotted names.
    DottedValues,
    /// YAML text that holds claims.
    Yaml,
}

impl From<Holds> for Form {
    fn from(holds: Holds) -> Self {
        match holds {
            Holds::Class => Self::Class,
            Holds::Keys => Self::Keys,
            Holds::Values => Self::Values,
            Holds::ValuesText => Self::ValuesText,
            Holds::Yaml => Self::Yaml,
        }
    }
}

const fn fields(
    groups: &'static [&'static str],
    kinds: &'static [&'static str],
    paths: &'static [&'static str],
) -> KnownFields {
    KnownFields { groups, kinds, only: Only::All, form: Form::Class, paths }
}

const fn formed(
    form: Form,
    groups: &'static [&'static str],
    kinds: &'static [&'static str],
    paths: &'static [&'static str],
) -> KnownFields {
    KnownFields { groups, kinds, only: Only::All, form, paths }
}

/// The fields of Crunchy's PostgreSQL operator, which Percona's shares.
const CRUNCHY: &[&str] = &[
    "spec.instances[].dataVolumeClaimSpec.storageClassName",
    "spec.instances[].walVolumeClaimSpec.storageClassName",
    "spec.instances[].tablespaceVolumes[].dataVolumeClaimSpec.storageClassName",
    "spec.instances[].volumes.temp.storageClassName",
    "spec.backups.pgbackrest.repos[].volume.volumeClaimSpec.storageClassName",
    "spec.dataSource.pgbackrest.repo.volume.volumeClaimSpec.storageClassName",
];

/// The fields that all operators of Stackable share.
const STACKABLE: &[&str] = &["**.config.resources.storage.*.storageClass"];

/// Where storage classes are named.
pub const KNOWN_FIELDS: &[KnownFields] = &[
    // Kubernetes
    fields(
        &[""],
        &["PersistentVolumeClaim", "PersistentVolume"],
        &["spec.storageClassName", "metadata.annotations[volume.beta.kubernetes.io/storage-class]"],
    ),
    fields(
        &["apps"],
        &["StatefulSet"],
        &[
            "spec.volumeClaimTemplates[].spec.storageClassName",
            "spec.volumeClaimTemplates[].metadata.annotations[volume.beta.kubernetes.io/storage-class]",
        ],
    ),
    fields(
        &[""],
        &["Pod"],
        &[
            "spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName",
            "spec.volumes[].ephemeral.volumeClaimTemplate.metadata.annotations[volume.beta.kubernetes.io/storage-class]",
        ],
    ),
    fields(&[""], &["PodTemplate"], &["template.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"]),
    fields(
        &[""],
        &["ReplicationController"],
        &["spec.template.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(
        &["apps"],
        &["Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"],
        &["spec.template.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(&["batch"], &["Job"], &["spec.template.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"]),
    fields(
        &["batch"],
        &["CronJob"],
        &["spec.jobTemplate.spec.template.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"],
    ),
    formed(Form::QuotaKeys, &[""], &["ResourceQuota"], &["spec.hard"]),
    formed(Form::QuotaKeys, &["quota.openshift.io"], &["ClusterResourceQuota"], &["spec.quota.hard"]),
    formed(Form::RbacRules, &["rbac.authorization.k8s.io"], &["Role", "ClusterRole"], &["rules"]),
    fields(&["storage.k8s.io"], &["CSIStorageCapacity"], &["storageClassName"]),
    // Strimzi
    fields(
        &["kafka.strimzi.io"],
        &["KafkaNodePool"],
        &[
            "spec.storage.class",
            "spec.storage.volumes[].class",
            "spec.storage.overrides[].class",
            "spec.storage.volumes[].overrides[].class",
        ],
    ),
    fields(
        &["kafka.strimzi.io"],
        &["Kafka"],
        &[
            "spec.kafka.storage.class",
            "spec.kafka.storage.volumes[].class",
            "spec.kafka.storage.overrides[].class",
            "spec.kafka.storage.volumes[].overrides[].class",
            "spec.zookeeper.storage.class",
            "spec.zookeeper.storage.overrides[].class",
        ],
    ),
    // PostgreSQL
    fields(
        &["postgresql.cnpg.io"],
        &["Cluster"],
        &[
            "spec.storage.storageClass",
            "spec.storage.pvcTemplate.storageClassName",
            "spec.walStorage.storageClass",
            "spec.walStorage.pvcTemplate.storageClassName",
            "spec.tablespaces[].storage.storageClass",
            "spec.tablespaces[].storage.pvcTemplate.storageClassName",
        ],
    ),
    fields(&["acid.zalan.do"], &["postgresql"], &["spec.volume.storageClass"]),
    fields(&["postgres-operator.crunchydata.com"], &["PostgresCluster"], CRUNCHY),
    fields(&["pgv2.percona.com"], &["PerconaPGCluster"], CRUNCHY),
    fields(&["pgv2.percona.com"], &["PerconaPGCluster"], &["spec.instances[].sidecarPVCs[].spec.storageClassName"]),
    fields(&["postgres-operator.crunchydata.com"], &["PGAdmin"], &["spec.dataVolumeClaimSpec.storageClassName"]),
    // MySQL and MongoDB
    fields(
        &["pxc.percona.com"],
        &["PerconaXtraDBCluster"],
        &[
            "spec.pxc.volumeSpec.persistentVolumeClaim.storageClassName",
            "spec.proxysql.volumeSpec.persistentVolumeClaim.storageClassName",
            "spec.backup.storages.*.volume.persistentVolumeClaim.storageClassName",
        ],
    ),
    fields(
        &["psmdb.percona.com"],
        &["PerconaServerMongoDB"],
        &[
            "spec.replsets[].volumeSpec.persistentVolumeClaim.storageClassName",
            "spec.replsets[].nonvoting.volumeSpec.persistentVolumeClaim.storageClassName",
            "spec.replsets[].hidden.volumeSpec.persistentVolumeClaim.storageClassName",
            "spec.sharding.configsvrReplSet.volumeSpec.persistentVolumeClaim.storageClassName",
        ],
    ),
    fields(
        &["k8s.mariadb.com"],
        &["MariaDB"],
        &[
            "spec.storage.storageClassName",
            "spec.storage.volumeClaimTemplate.storageClassName",
            "spec.galera.config.volumeClaimTemplate.storageClassName",
            "spec.bootstrapFrom.stagingStorage.persistentVolumeClaim.storageClassName",
        ],
    ),
    fields(
        &["k8s.mariadb.com"],
        &["Backup", "PhysicalBackup"],
        &[
            "spec.storage.persistentVolumeClaim.storageClassName",
            "spec.stagingStorage.persistentVolumeClaim.storageClassName",
        ],
    ),
    fields(
        &["mongodb.com"],
        &["MongoDB", "MongoDBOpsManager", "MongoDBMultiCluster"],
        &[
            "**.persistence.single.storageClass",
            "**.persistence.multiple.data.storageClass",
            "**.persistence.multiple.journal.storageClass",
            "**.persistence.multiple.logs.storageClass",
        ],
    ),
    fields(&["mongodb.com"], &["MongoDBOpsManager"], &["spec.backup.headDB.storageClass"]),
    fields(
        &["mongodbcommunity.mongodb.com"],
        &["MongoDBCommunity"],
        &["spec.statefulSet.spec.volumeClaimTemplates[].spec.storageClassName"],
    ),
    // Caches and brokers
    fields(
        &["redis.redis.opstreelabs.in"],
        &["Redis", "RedisCluster", "RedisReplication"],
        &["spec.storage.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(
        &["redis.redis.opstreelabs.in"],
        &["RedisCluster"],
        &["spec.storage.nodeConfVolumeClaimTemplate.spec.storageClassName"],
    ),
    fields(
        &["databases.spotahome.com"],
        &["RedisFailover"],
        &["spec.redis.storage.persistentVolumeClaim.spec.storageClassName"],
    ),
    fields(&["hyperspike.io"], &["Valkey"], &["spec.storage.spec.storageClassName"]),
    fields(
        &["dragonflydb.io"],
        &["Dragonfly"],
        &[
            "spec.snapshot.persistentVolumeClaimSpec.storageClassName",
            "spec.tiering.persistentVolumeClaimSpec.storageClassName",
        ],
    ),
    fields(
        &["rabbitmq.com"],
        &["RabbitmqCluster"],
        &[
            "spec.persistence.storageClassName",
            "spec.override.statefulSet.spec.volumeClaimTemplates[].spec.storageClassName",
        ],
    ),
    fields(&["broker.amq.io"], &["ActiveMQArtemis"], &["spec.deploymentPlan.storage.storageClassName"]),
    fields(&["infinispan.org"], &["Infinispan"], &["spec.service.container.storageClassName"]),
    fields(&["zookeeper.pravega.io"], &["ZookeeperCluster"], &["spec.persistence.spec.storageClassName"]),
    // Search and wide-column stores
    fields(
        &["elasticsearch.k8s.elastic.co"],
        &["Elasticsearch"],
        &["spec.nodeSets[].volumeClaimTemplates[].spec.storageClassName"],
    ),
    fields(&["logstash.k8s.elastic.co"], &["Logstash"], &["spec.volumeClaimTemplates[].spec.storageClassName"]),
    fields(&["agent.k8s.elastic.co"], &["Agent"], &["spec.statefulSet.volumeClaimTemplates[].spec.storageClassName"]),
    fields(
        &["beat.k8s.elastic.co"],
        &["Beat"],
        &["spec.deployment.podTemplate.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(
        &["kibana.k8s.elastic.co"],
        &["Kibana"],
        &["spec.podTemplate.spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(&["opensearch.opster.io"], &["OpenSearchCluster"], &["spec.nodePools[].persistence.pvc.storageClass"]),
    fields(&["solr.apache.org"], &["SolrCloud"], &["spec.dataStorage.persistent.pvcTemplate.spec.storageClassName"]),
    fields(&["scylla.scylladb.com"], &["ScyllaCluster"], &["spec.datacenter.racks[].storage.storageClassName"]),
    fields(
        &["cassandra.datastax.com"],
        &["CassandraDatacenter"],
        &["spec.storageConfig.cassandraDataVolumeClaimSpec.storageClassName"],
    ),
    // Observability
    fields(
        &["monitoring.coreos.com", "monitoring.rhobs"],
        &["Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"],
        &[
            "spec.storage.volumeClaimTemplate.spec.storageClassName",
            "spec.storage.ephemeral.volumeClaimTemplate.spec.storageClassName",
            "spec.volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName",
        ],
    ),
    fields(&["operator.victoriametrics.com"], &["VMSingle", "VLogs"], &["spec.storage.storageClassName"]),
    fields(
        &["operator.victoriametrics.com"],
        &["VMCluster"],
        &[
            "spec.vmstorage.storage.volumeClaimTemplate.spec.storageClassName",
            "spec.vmselect.storage.volumeClaimTemplate.spec.storageClassName",
        ],
    ),
    fields(
        &["operator.victoriametrics.com"],
        &["VMAlertmanager"],
        &["spec.storage.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(
        &["operator.victoriametrics.com"],
        &["VMAgent"],
        &["spec.statefulStorage.volumeClaimTemplate.spec.storageClassName"],
    ),
    fields(&["loki.grafana.com"], &["LokiStack"], &["spec.storageClassName"]),
    fields(&["tempo.grafana.com"], &["TempoStack"], &["spec.storageClassName"]),
    fields(&["tempo.grafana.com"], &["TempoMonolithic"], &["spec.storage.traces.storageClassName"]),
    fields(&["grafana.integreatly.org"], &["Grafana"], &["spec.persistentVolumeClaim.spec.storageClassName"]),
    fields(&["opentelemetry.io"], &["OpenTelemetryCollector"], &["spec.volumeClaimTemplates[].spec.storageClassName"]),
    fields(
        &["observability.open-cluster-management.io"],
        &["MultiClusterObservability"],
        &["spec.storageConfig.storageClass", "spec.storageConfigObject.statefulSetStorageClass"],
    ),
    // Object stores and storage
    fields(
        &["minio.min.io"],
        &["Tenant"],
        &[
            "spec.pools[].volumeClaimTemplate.spec.storageClassName",
            "spec.sideCars.volumeClaimTemplates[].spec.storageClassName",
        ],
    ),
    fields(
        &["ceph.rook.io"],
        &["CephCluster"],
        &[
            "spec.storage.storageClassDeviceSets[].volumeClaimTemplates[].spec.storageClassName",
            "spec.mon.volumeClaimTemplate.spec.storageClassName",
        ],
    ),
    fields(
        &["volsync.backube"],
        &["ReplicationSource", "ReplicationDestination"],
        &[
            "spec.restic.storageClassName",
            "spec.restic.cacheStorageClassName",
            "spec.rsync.storageClassName",
            "spec.rsyncTLS.storageClassName",
            "spec.rclone.storageClassName",
        ],
    ),
    fields(&["volsync.backube"], &["ReplicationSource"], &["spec.syncthing.configStorageClassName"]),
    // Virtual machines
    fields(&["cdi.kubevirt.io"], &["DataVolume"], &["spec.pvc.storageClassName", "spec.storage.storageClassName"]),
    fields(
        &["cdi.kubevirt.io"],
        &["DataImportCron"],
        &["spec.template.spec.pvc.storageClassName", "spec.template.spec.storage.storageClassName"],
    ),
    fields(
        &["kubevirt.io"],
        &["VirtualMachine"],
        &[
            "spec.dataVolumeTemplates[].spec.pvc.storageClassName",
            "spec.dataVolumeTemplates[].spec.storage.storageClassName",
        ],
    ),
    fields(&["cdi.kubevirt.io"], &["CDI"], &["spec.config.scratchSpaceStorageClass"]),
    formed(Form::Keys, &["cdi.kubevirt.io"], &["CDI"], &["spec.config.filesystemOverhead.storageClass"]),
    fields(&["cdi.kubevirt.io"], &["StorageProfile"], &["metadata.name"]),
    fields(&["kubevirt.io"], &["KubeVirt"], &["spec.configuration.vmStateStorageClass"]),
    fields(&["hco.kubevirt.io"], &["HyperConverged"], &["spec.scratchSpaceStorageClass", "spec.vmStateStorageClass"]),
    formed(Form::Keys, &["hco.kubevirt.io"], &["HyperConverged"], &["spec.filesystemOverhead.storageClass"]),
    // Pipelines
    fields(
        &["argoproj.io"],
        &["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"],
        &["spec.volumeClaimTemplates[].spec.storageClassName"],
    ),
    fields(&["argoproj.io"], &["CronWorkflow"], &["spec.workflowSpec.volumeClaimTemplates[].spec.storageClassName"]),
    fields(
        &["tekton.dev"],
        &["PipelineRun", "TaskRun"],
        &["spec.workspaces[].volumeClaimTemplate.spec.storageClassName"],
    ),
    // Applications
    fields(&["vault.banzaicloud.com"], &["Vault"], &["spec.volumeClaimTemplates[].spec.storageClassName"]),
    fields(&["quay.redhat.com"], &["QuayRegistry"], &["spec.components[].overrides.storageClassName"]),
    fields(
        &["org.eclipse.che"],
        &["CheCluster"],
        &[
            "spec.devEnvironments.storage.perUserStrategyPvcConfig.storageClass",
            "spec.devEnvironments.storage.perWorkspaceStrategyPvcConfig.storageClass",
        ],
    ),
    fields(&["apps.3scale.net"], &["APIManager"], &["**.persistentVolumeClaim.storageClassName"]),
    fields(&["awx.ansible.com"], &["AWX"], &["spec.postgres_storage_class", "spec.projects_storage_class"]),
    fields(&["awx.ansible.com"], &["AWXBackup"], &["spec.backup_storage_class"]),
    fields(&["airflow.stackable.tech"], &["AirflowCluster"], STACKABLE),
    fields(&["druid.stackable.tech"], &["DruidCluster"], STACKABLE),
    fields(&["hbase.stackable.tech"], &["HbaseCluster"], STACKABLE),
    fields(&["hdfs.stackable.tech"], &["HdfsCluster"], STACKABLE),
    fields(&["kafka.stackable.tech"], &["KafkaCluster"], STACKABLE),
    fields(&["nifi.stackable.tech"], &["NifiCluster"], STACKABLE),
    fields(&["trino.stackable.tech"], &["TrinoCluster"], STACKABLE),
    fields(&["zookeeper.stackable.tech"], &["ZookeeperCluster"], STACKABLE),
    // Migration
    fields(&["forklift.konveyor.io"], &["StorageMap"], &["spec.map[].destination.storageClass"]),
    fields(&["forklift.konveyor.io"], &["Plan"], &["spec.conversionTempStorageClass"]),
    fields(&["migration.openshift.io"], &["MigPlan"], &["spec.persistentVolumes[].selection.storageClass"]),
    // Helm values
    formed(Form::ValuesText, &["helm.cattle.io"], &["HelmChart", "HelmChartConfig"], &["spec.valuesContent"]),
    formed(Form::DottedValues, &["helm.cattle.io"], &["HelmChart"], &["spec.set"]),
    formed(Form::Values, &["helm.toolkit.fluxcd.io"], &["HelmRelease"], &["spec.values"]),
    formed(
        Form::ValuesText,
        &["argoproj.io"],
        &["Application"],
        &["spec.source.helm.values", "spec.sources[].helm.values"],
    ),
    formed(
        Form::Values,
        &["argoproj.io"],
        &["Application"],
        &["spec.source.helm.valuesObject", "spec.sources[].helm.valuesObject"],
    ),
    formed(
        Form::Parameters,
        &["argoproj.io"],
        &["Application"],
        &["spec.source.helm.parameters", "spec.sources[].helm.parameters"],
    ),
    formed(
        Form::ValuesText,
        &["argoproj.io"],
        &["ApplicationSet"],
        &["spec.template.spec.source.helm.values", "spec.template.spec.sources[].helm.values"],
    ),
    formed(
        Form::Values,
        &["argoproj.io"],
        &["ApplicationSet"],
        &["spec.template.spec.source.helm.valuesObject", "spec.template.spec.sources[].helm.valuesObject"],
    ),
    formed(
        Form::Parameters,
        &["argoproj.io"],
        &["ApplicationSet"],
        &["spec.template.spec.source.helm.parameters", "spec.template.spec.sources[].helm.parameters"],
    ),
    formed(Form::Values, &["builtin"], &["HelmChartInflationGenerator"], &["valuesInline"]),
    // Texts in ConfigMaps
    KnownFields {
        groups: &[""],
        kinds: &["ConfigMap"],
        only: Only::Named(&["cluster-monitoring-config", "user-workload-monitoring-config"]),
        form: Form::Yaml,
        paths: &["data[config.yaml]"],
    },
    KnownFields {
        groups: &[""],
        kinds: &["ConfigMap"],
        only: Only::Labelled("velero.io/change-storage-class"),
        form: Form::ClassMap,
        paths: &["data"],
    },
];

/// A field that looks as if it named a storage class and does not.
#[derive(Debug)]
pub struct LookAlike {
    /// The API group.
    pub group: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The path of the field.
    pub path: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn look_alike(group: &'static str, kind: &'static str, path: &'static str, meaning: &'static str) -> LookAlike {
    LookAlike { group, kind, path, meaning }
}

/// Fields of known kinds that must stay.
pub const LOOK_ALIKES: &[LookAlike] = &[
    look_alike("objectbucket.io", "ObjectBucketClaim", "spec.storageClassName", "a class of buckets"),
    look_alike("objectbucket.io", "ObjectBucket", "spec.storageClassName", "a class of buckets"),
    look_alike("storage.cnrm.cloud.google.com", "StorageBucket", "spec.storageClass", "a tier of a bucket"),
    look_alike("pingcap.com", "Backup", "spec.s3.storageClass", "a tier of a bucket"),
    look_alike("pingcap.com", "Backup", "spec.gcs.storageClass", "a tier of a bucket"),
    look_alike(
        "pxc.percona.com",
        "PerconaXtraDBCluster",
        "spec.backup.storages.*.s3.storageClass",
        "a tier of a bucket",
    ),
    look_alike(
        "pxc.percona.com",
        "PerconaXtraDBCluster",
        "spec.backup.storages.*.azure.storageClass",
        "a tier of a blob store",
    ),
    look_alike("velero.io", "BackupStorageLocation", "spec.config.storageClass", "a tier of a bucket"),
    look_alike(
        "ceph.rook.io",
        "CephObjectStore",
        "spec.sharedPools.poolPlacements[].storageClasses[].name",
        "a class of S3 objects",
    ),
    look_alike(
        "operator.openshift.io",
        "ClusterCSIDriver",
        "spec.storageClassState",
        "whether a driver makes its class",
    ),
    look_alike("kafka.strimzi.io", "Kafka", "spec.kafka.listeners[].configuration.class", "an ingress class"),
    look_alike("kafka.strimzi.io", "KafkaConnector", "spec.class", "a Java class"),
    look_alike("kafka.strimzi.io", "KafkaConnect", "status.connectorPlugins[].class", "a Java class"),
    look_alike("", "PersistentVolumeClaim", "spec.volumeAttributesClassName", "a VolumeAttributesClass"),
    look_alike(
        "",
        "PersistentVolumeClaim",
        "metadata.annotations[volume.alpha.kubernetes.io/storage-class]",
        "an annotation that Kubernetes no longer reads",
    ),
    look_alike("", "PersistentVolumeClaim", "status.storageClassName", "no part of the wish"),
    look_alike("", "PersistentVolumeClaim", "metadata.labels.storageClassName", "a label"),
];

/// Mappings under these names speak of object storage, whose tiers are called storage classes too.
pub const OBJECT_STORES: [&str; 9] =
    ["s3", "gcs", "azure", "azblob", "swift", "oss", "objectstore", "objectstorage", "bucket"];

/// The places of one build: the table with what the config adds.
#[derive(Debug)]
pub(crate) struct Places {
    by_kind: HashMap<String, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// `None` is every group.
    groups: Option<Vec<String>>,
    only: Only,
    /// `None` is a field that is no storage class.
    form: Option<Form>,
    pattern: Pattern,
}

/// A place and what stands there.
pub(crate) struct Found {
    pub(crate) place: Place,
    /// `None` is a field that is no storage class.
    pub(crate) form: Option<Form>,
}

impl Places {
    /// Reads the table and the config.
    ///
    /// # Errors
    /// Paths of the config that are malformed.
    pub(crate) fn new(spec: &Spec) -> Result<Self, ConfigError> {
        let mut places = Self { by_kind: HashMap::new() };
        for known in KNOWN_FIELDS {
            let groups: Vec<_> = known.groups.iter().map(|group| (*group).to_owned()).collect();
            for (kind, path) in known.kinds.iter().flat_map(|kind| known.paths.iter().map(move |path| (kind, path))) {
                places.add(kind, Some(groups.clone()), known.only, Some(known.form), built_in(path));
            }
        }
        for look_alike in LOOK_ALIKES {
            let group = Some(vec![look_alike.group.to_owned()]);
            places.add(look_alike.kind, group, Only::All, None, built_in(look_alike.path));
        }
        for (index, field) in spec.fields.iter().enumerate() {
            let pattern = configured(&field.path, &format!("spec.fields[{index}].path"))?;
            let group = field.group.clone().map(|group| vec![group]);
            places.add(&field.kind, group, Only::All, Some(field.holds.into()), pattern);
        }
        for (index, field) in spec.ignored_fields.iter().enumerate() {
            let pattern = configured(&field.path, &format!("spec.ignoredFields[{index}].path"))?;
            places.add(&field.kind, field.group.clone().map(|group| vec![group]), Only::All, None, pattern);
        }
        Ok(places)
    }

    fn add(&mut self, kind: &str, groups: Option<Vec<String>>, only: Only, form: Option<Form>, pattern: Pattern) {
        self.by_kind.entry(kind.to_owned()).or_default().push(Entry { groups, only, form, pattern });
    }

    /// The known places in an object that stands at `pointer` and also goes by `names`.
    pub(crate) fn of(&self, object: &Value, pointer: &str, names: &[String]) -> Vec<Found> {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let group = text("apiVersion").split_once('/').map_or("", |(group, _)| group);
        let is_meant = |only: Only| match only {
            Only::All => true,
            Only::Named(wanted) => wanted
                .iter()
                .any(|wanted| object["metadata"]["name"] == *wanted || names.iter().any(|name| name == wanted)),
            Only::Labelled(label) => object["metadata"]["labels"].get(label).is_some(),
        };
        let entries = self.by_kind.get(text("kind")).into_iter().flatten();
        entries
            .filter(|entry| entry.groups.as_ref().is_none_or(|groups| groups.iter().any(|known| known == group)))
            .filter(|entry| is_meant(entry.only))
            .flat_map(|entry| {
                let places = entry.pattern.select(object, pointer);
                places.into_iter().map(|place| Found { place, form: entry.form })
            })
            .collect()
    }
}

fn built_in(path: &str) -> Pattern {
    Pattern::parse(path).unwrap_or_else(|reason| unreachable!("`{path}` {reason}"))
}

fn configured(path: &str, option: &str) -> Result<Pattern, ConfigError> {
    Pattern::parse(path).map_err(|reason| ConfigError::new(option, format!("`{path}` {reason}")))
}
