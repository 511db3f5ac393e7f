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
  - {apiGroups: [""], resources: [secrets], verbs: [list, watch]}
  # Who writes status and webhooks, when there are several pods.
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}
  # What the others tell the one that writes status about their proxies.
  - {apiGroups: [""], resources: [configmaps], verbs: [list, watch, create, patch, delete]}
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

{{/* The table of packages/kube/README.md. */}}
{{- define "pilot.clusterRules" -}}
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io, authentication.istio.io, rbac.istio.io]
  resources: ["*"]
  verbs: [list, watch]
- apiGroups: [config.istio.io]
  resources: [httpapispecs, httpapispecbindings, quotaspecs, quotaspecbindings]
  verbs: [list, watch]
# Whether an object was accepted, and what proxies run of it.
- apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io, authentication.istio.io, rbac.istio.io, config.istio.io]
  resources: ["*/status"]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods, services, nodes, namespaces, serviceaccounts]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
- apiGroups: [networking.k8s.io]
  resources: [ingresses, ingressclasses]
  verbs: [list, watch]
# The address of the gateway.
- apiGroups: [networking.k8s.io]
  resources: [ingresses/status]
  verbs: [patch]
# The bundle with which API servers call the webhooks.
- apiGroups: [admissionregistration.k8s.io]
  resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
  verbs: [list, watch, patch]
# Who a proxy without a certificate is.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
# Objects that are refused.
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end -}}
