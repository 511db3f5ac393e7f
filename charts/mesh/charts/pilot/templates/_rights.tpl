{{- define "pilot.rights" -}}
{{- $name := include "pilot.name" . -}}
{{- $labels := include "mesh.labels" (dict "root" . "component" "pilot") -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ include "pilot.clusterName" . }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  {{- include "pilot.clusterRules" . | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ include "pilot.clusterName" . }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{ include "pilot.clusterName" . }}}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}, namespace: {{ .Release.Namespace }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  # Credentials of gateways and of remote clusters, in this namespace only.
  - {apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}
  # Who writes status and webhooks, when there are several pods.
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}, namespace: {{ .Release.Namespace }}}
{{- end -}}

{{- define "pilot.clusterRules" -}}
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io, authentication.istio.io, rbac.istio.io, config.istio.io, meshwork.dev]
  resources: ["*"]
  verbs: [get, list, watch]
# Whether an object was accepted, and what proxies run of it.
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io, authentication.istio.io, rbac.istio.io, config.istio.io, meshwork.dev]
  resources: ["*/status"]
  verbs: [get, update, patch]
- apiGroups: [""]
  resources: [pods, services, endpoints, nodes, namespaces]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, ingressclasses]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [get, update, patch]
# Which kinds the cluster knows, also those that come later.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [get, list, watch]
# The bundle with which API servers call the webhooks.
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  verbs: [get, list, watch, update, patch]
# Who a proxy without a certificate is.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
