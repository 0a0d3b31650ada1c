// One row a Go struct: its JSON fields. A field alone is text; `:s :b :i :l :q :?` are string, bool, int32, int64, a quantity and
// anything; `[]` and `{}` before a type make a list and a map of it; other words name a row.
extension FieldSchema {
  private static let object = "apiVersion kind metadata:ObjectMeta"

  static let table: [(name: String, fields: String)] =
    objects + metadata + pods + containers + volumes + workloads + networking

  private static let objects: [(name: String, fields: String)] = [
    ("Pod", "\(object) spec:PodSpec status:?"),
    ("Deployment", "\(object) spec:DeploymentSpec status:?"),
    ("ReplicaSet", "\(object) spec:ReplicaSetSpec status:?"),
    ("DaemonSet", "\(object) spec:DaemonSetSpec status:?"),
    ("StatefulSet", "\(object) spec:StatefulSetSpec status:?"),
    ("Service", "\(object) spec:ServiceSpec status:?"),
    ("Ingress", "\(object) spec:IngressSpec status:?"),
    ("ConfigMap", "\(object) data:{}s binaryData:{}s immutable:b"),
    ("Secret", "\(object) data:{}s stringData:{}s type immutable:b"),
    ("Namespace", "\(object) spec:? status:?"),
    ("ServiceAccount", "\(object) secrets:? imagePullSecrets:[]LocalObjectReference automountServiceAccountToken:b"),
    ("PodDisruptionBudget", "\(object) spec:PodDisruptionBudgetSpec status:?"),
    ("HorizontalPodAutoscaler", "\(object) spec:HorizontalPodAutoscalerSpec status:?"),
    ("NetworkPolicy", "\(object) spec:NetworkPolicySpec"),
    ("Job", "\(object) spec:JobSpec status:?"),
  ]

  private static let metadata: [(name: String, fields: String)] = [
    (
      "ObjectMeta",
      "name generateName namespace selfLink uid resourceVersion generation:l creationTimestamp:? deletionTimestamp:? "
        + "deletionGracePeriodSeconds:l labels:{}s annotations:{}s ownerReferences:[]OwnerReference finalizers:[]s "
        + "managedFields:?"
    ),
    ("OwnerReference", "apiVersion kind name uid controller:b blockOwnerDeletion:b"),
    ("LabelSelector", "matchLabels:{}s matchExpressions:[]LabelSelectorRequirement"),
    ("LabelSelectorRequirement", "key operator values:[]s"),
    ("LocalObjectReference", "name"),
  ]

  private static let pods: [(name: String, fields: String)] = [
    ("PodTemplateSpec", "metadata:ObjectMeta spec:PodSpec"),
    (
      "PodSpec",
      "volumes:[]Volume initContainers:[]Container containers:[]Container ephemeralContainers:? restartPolicy "
        + "terminationGracePeriodSeconds:l activeDeadlineSeconds:l dnsPolicy nodeSelector:{}s serviceAccountName "
        + "serviceAccount automountServiceAccountToken:b nodeName hostNetwork:b hostPID:b hostIPC:b "
        + "shareProcessNamespace:b securityContext:PodSecurityContext imagePullSecrets:[]LocalObjectReference hostname "
        + "subdomain affinity:Affinity schedulerName tolerations:[]Toleration hostAliases:? priorityClassName "
        + "priority:i dnsConfig:? readinessGates:? runtimeClassName enableServiceLinks:b preemptionPolicy overhead:? "
        + "topologySpreadConstraints:[]TopologySpreadConstraint setHostnameAsFQDN:b os:? hostUsers:b schedulingGates:? "
        + "resourceClaims:? resources:ResourceRequirements"
    ),
    (
      "PodSecurityContext",
      "seLinuxOptions:? windowsOptions:? runAsUser:l runAsGroup:l runAsNonRoot:b supplementalGroups:? "
        + "supplementalGroupsPolicy fsGroup:l sysctls:? fsGroupChangePolicy seccompProfile:SeccompProfile "
        + "appArmorProfile:? seLinuxChangePolicy"
    ),
    ("SeccompProfile", "type localhostProfile"),
    ("Affinity", "nodeAffinity:? podAffinity:? podAntiAffinity:?"),
    ("Toleration", "key operator value effect tolerationSeconds:l"),
    (
      "TopologySpreadConstraint",
      "maxSkew:i topologyKey whenUnsatisfiable labelSelector:LabelSelector minDomains:i nodeAffinityPolicy "
        + "nodeTaintsPolicy matchLabelKeys:[]s"
    ),
  ]

  private static let containers: [(name: String, fields: String)] = [
    (
      "Container",
      "name image command:[]s args:[]s workingDir ports:[]ContainerPort envFrom:[]EnvFromSource env:[]EnvVar "
        + "resources:ResourceRequirements resizePolicy:? restartPolicy volumeMounts:[]VolumeMount volumeDevices:? "
        + "livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:Lifecycle terminationMessagePath "
        + "terminationMessagePolicy imagePullPolicy securityContext:SecurityContext stdin:b stdinOnce:b tty:b"
    ),
    ("ContainerPort", "name hostPort:i containerPort:i protocol hostIP"),
    ("EnvVar", "name value valueFrom:EnvVarSource"),
    (
      "EnvVarSource",
      "fieldRef:ObjectFieldSelector resourceFieldRef:? configMapKeyRef:ConfigMapKeySelector "
        + "secretKeyRef:SecretKeySelector"
    ),
    ("ObjectFieldSelector", "apiVersion fieldPath"),
    ("ConfigMapKeySelector", "name key optional:b"),
    ("SecretKeySelector", "name key optional:b"),
    ("EnvFromSource", "prefix configMapRef:ConfigMapEnvSource secretRef:SecretEnvSource"),
    ("ConfigMapEnvSource", "name optional:b"),
    ("SecretEnvSource", "name optional:b"),
    ("ResourceRequirements", "limits:{}q requests:{}q claims:?"),
    ("VolumeMount", "name readOnly:b recursiveReadOnly mountPath subPath mountPropagation subPathExpr"),
    (
      "Probe",
      "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction grpc:GRPCAction initialDelaySeconds:i "
        + "timeoutSeconds:i periodSeconds:i successThreshold:i failureThreshold:i terminationGracePeriodSeconds:l"
    ),
    ("ExecAction", "command:[]s"),
    ("HTTPGetAction", "path port:? host scheme httpHeaders:[]HTTPHeader"),
    ("HTTPHeader", "name value"),
    ("TCPSocketAction", "port:? host"),
    ("GRPCAction", "port:i service"),
    ("SleepAction", "seconds:l"),
    ("Lifecycle", "postStart:LifecycleHandler preStop:LifecycleHandler stopSignal"),
    ("LifecycleHandler", "exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction"),
    (
      "SecurityContext",
      "capabilities:Capabilities privileged:b seLinuxOptions:? windowsOptions:? runAsUser:l runAsGroup:l runAsNonRoot:b "
        + "readOnlyRootFilesystem:b allowPrivilegeEscalation:b procMount seccompProfile:SeccompProfile appArmorProfile:?"
    ),
    ("Capabilities", "add:[]s drop:[]s"),
  ]

  private static let volumes: [(name: String, fields: String)] = [
    (
      "Volume",
      "name hostPath:? emptyDir:EmptyDirVolumeSource secret:SecretVolumeSource nfs:? iscsi:? "
        + "persistentVolumeClaim:PersistentVolumeClaimVolumeSource downwardAPI:? configMap:ConfigMapVolumeSource "
        + "projected:? csi:? ephemeral:? image:? awsElasticBlockStore:? gcePersistentDisk:? azureDisk:? azureFile:? "
        + "cephfs:? cinder:? fc:? flexVolume:? flocker:? gitRepo:? glusterfs:? photonPersistentDisk:? portworxVolume:? "
        + "quobyte:? rbd:? scaleIO:? storageos:? vsphereVolume:?"
    ),
    ("EmptyDirVolumeSource", "medium sizeLimit:?"),
    ("SecretVolumeSource", "secretName items:[]KeyToPath defaultMode:i optional:b"),
    ("ConfigMapVolumeSource", "name items:[]KeyToPath defaultMode:i optional:b"),
    ("KeyToPath", "key path mode:i"),
    ("PersistentVolumeClaimVolumeSource", "claimName readOnly:b"),
  ]

  private static let workloads: [(name: String, fields: String)] = [
    (
      "DeploymentSpec",
      "replicas:i selector:LabelSelector template:PodTemplateSpec strategy:DeploymentStrategy minReadySeconds:i "
        + "revisionHistoryLimit:i paused:b progressDeadlineSeconds:i"
    ),
    ("DeploymentStrategy", "type rollingUpdate:RollingUpdateDeployment"),
    ("RollingUpdateDeployment", "maxUnavailable:? maxSurge:?"),
    ("ReplicaSetSpec", "replicas:i minReadySeconds:i selector:LabelSelector template:PodTemplateSpec"),
    (
      "DaemonSetSpec",
      "selector:LabelSelector template:PodTemplateSpec updateStrategy:? minReadySeconds:i revisionHistoryLimit:i"
    ),
    (
      "StatefulSetSpec",
      "replicas:i selector:LabelSelector template:PodTemplateSpec volumeClaimTemplates:? serviceName "
        + "podManagementPolicy updateStrategy:? revisionHistoryLimit:i minReadySeconds:i "
        + "persistentVolumeClaimRetentionPolicy:? ordinals:?"
    ),
    (
      "JobSpec",
      "parallelism:i completions:i activeDeadlineSeconds:l podFailurePolicy:? successPolicy:? backoffLimit:i "
        + "backoffLimitPerIndex:i maxFailedIndexes:i selector:LabelSelector manualSelector:b template:PodTemplateSpec "
        + "ttlSecondsAfterFinished:i completionMode suspend:b podReplacementPolicy managedBy"
    ),
    (
      "PodDisruptionBudgetSpec", "minAvailable:? selector:LabelSelector maxUnavailable:? unhealthyPodEvictionPolicy"
    ),
    (
      "HorizontalPodAutoscalerSpec",
      "scaleTargetRef:CrossVersionObjectReference minReplicas:i maxReplicas:i metrics:? behavior:?"
    ),
    ("CrossVersionObjectReference", "kind name apiVersion"),
  ]

  private static let networking: [(name: String, fields: String)] = [
    (
      "ServiceSpec",
      "ports:[]ServicePort selector:{}s clusterIP clusterIPs:[]s type externalIPs:[]s sessionAffinity loadBalancerIP "
        + "loadBalancerSourceRanges:[]s externalName externalTrafficPolicy healthCheckNodePort:i "
        + "publishNotReadyAddresses:b sessionAffinityConfig:? ipFamilies:[]s ipFamilyPolicy "
        + "allocateLoadBalancerNodePorts:b loadBalancerClass internalTrafficPolicy trafficDistribution"
    ),
    ("ServicePort", "name protocol appProtocol port:i targetPort:? nodePort:i"),
    ("IngressSpec", "ingressClassName defaultBackend:IngressBackend tls:[]IngressTLS rules:[]IngressRule"),
    ("IngressBackend", "service:IngressServiceBackend resource:?"),
    ("IngressServiceBackend", "name port:ServiceBackendPort"),
    ("ServiceBackendPort", "name number:i"),
    ("IngressTLS", "hosts:[]s secretName"),
    ("IngressRule", "host http:HTTPIngressRuleValue"),
    ("HTTPIngressRuleValue", "paths:[]HTTPIngressPath"),
    ("HTTPIngressPath", "path pathType backend:IngressBackend"),
    ("NetworkPolicySpec", "podSelector:LabelSelector ingress:? egress:? policyTypes:[]s"),
  ]
}
