{{- define "citadel.rights" -}}
{{- $labels := include "mesh.labels" (dict "root" . "component" "citadel") -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istio-citadel-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  # Who sends a token.
  - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
  # The root certificate in every namespace.
  - {apiGroups: [""], resources: [namespaces], verbs: [list, watch]}
  - {apiGroups: [""], resources: [configmaps], verbs: [create]}
  - {apiGroups: [""], resources: [configmaps], resourceNames: [istio-ca-root-cert], verbs: [list, watch, update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: istio-citadel-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istio-citadel-{{ .Release.Namespace }}}
subjects:
  - {kind: ServiceAccount, name: istio-citadel, namespace: {{ .Release.Namespace }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: istio-citadel
  namespace: {{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  # The root with its key: plugged in, or made at the first start.
  - {apiGroups: [""], resources: [secrets], resourceNames: [cacerts, istio-ca-secret], verbs: [get]}
  # A name cannot be asked for when something is made.
  - {apiGroups: [""], resources: [secrets], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: istio-citadel
  namespace: {{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: istio-citadel}
subjects:
  - {kind: ServiceAccount, name: istio-citadel, namespace: {{ .Release.Namespace }}}
{{- end -}}
