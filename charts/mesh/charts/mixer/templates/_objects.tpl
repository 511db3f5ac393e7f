{{- define "mixer.objects" -}}
{{- if .Values.mixer.policy.enabled }}
{{ include "mixer.server" (dict "root" . "kind" "policy" "adapter" (ternary "denier" "" .Values.mixer.adapters.denier.enabled)) }}
{{- end }}
{{- if .Values.mixer.telemetry.enabled }}
{{ include "mixer.server" (dict "root" . "kind" "telemetry" "adapter" (ternary "prometheus" "" .Values.mixer.adapters.prometheus.enabled)) }}
{{- end }}
{{- if or .Values.mixer.policy.enabled .Values.mixer.telemetry.enabled }}
{{ include "mixer.rights" . }}
{{- end }}
{{- end -}}

{{/* Takes root, kind (policy or telemetry) and adapter (its name, or nothing). */}}
{{- define "mixer.server" -}}
{{- $settings := index .root.Values.mixer .kind -}}
{{- $name := printf "istio-%s" .kind -}}
{{- $selector := dict "app" $name "istio" "mixer" "istio-mixer-type" .kind -}}
{{- include "mesh.workload" (dict
  "root" .root "component" "mixer" "name" $name "account" $name "settings" $settings "uid" 65532 "selector" $selector
  "containers" (include "mixer.containers" (merge (dict "settings" $settings) .)) "volumes" (include "mixer.volumes" .)) }}
{{ include "mixer.service" (merge (dict "settings" $settings "name" $name "selector" $selector) .) }}
{{- end -}}

{{- define "mixer.volumes" -}}
- name: tmp
  emptyDir: {}
{{- end -}}

{{- define "mixer.service" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "mesh.labels" (dict "root" .root "component" "mixer") | nindent 4 }}
    {{- toYaml .selector | nindent 4 }}
  {{- with .settings.serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- toYaml .selector | nindent 4 }}
  ports:
    - {name: grpc-mixer, port: 9091, protocol: TCP, targetPort: 9091}
    - {name: http-monitoring, port: 15014, protocol: TCP, targetPort: 15014}
    {{- if eq .adapter "prometheus" }}
    - {name: prometheus, port: 42422, protocol: TCP, targetPort: 42422}
    {{- end }}
{{- end -}}

{{/* Mixer reads its kinds, and nothing else. */}}
{{- define "mixer.rights" -}}
{{- $labels := include "mesh.labels" (dict "root" . "component" "mixer") -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istio-mixer-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  - {apiGroups: [config.istio.io], resources: ["*"], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: istio-mixer-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istio-mixer-{{ .Release.Namespace }}}
subjects:
  {{- range tuple "policy" "telemetry" }}
  {{- if (index $.Values.mixer .).enabled }}
  - {kind: ServiceAccount, name: istio-{{ . }}, namespace: {{ $.Release.Namespace }}}
  {{- end }}
  {{- end }}
{{- end -}}
