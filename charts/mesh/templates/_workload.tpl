{{/*
A Deployment with what belongs to each: ServiceAccount, disruption budget, autoscaler.
Takes root, component, name, account, settings, selector (labels), labels (further ones of pods), uid, containers and volumes (text).
*/}}
{{- define "mesh.workload" -}}
{{- $meta := merge (include "mesh.labels" . | fromYaml) .selector -}}
{{- include "mesh.account" . }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- toYaml $meta | nindent 4 }}
spec:
  {{- if not .settings.autoscaleEnabled }}
  replicas: {{ .settings.replicaCount }}
  {{- end }}
  revisionHistoryLimit: 4
  selector:
    matchLabels:
      {{- toYaml .selector | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ .settings.rollingMaxSurge }}
      maxUnavailable: {{ .settings.rollingMaxUnavailable }}
  template:
    metadata:
      labels:
        {{- merge (dict) .selector (include "mesh.podLabels" .root | fromYaml) .settings.podLabels | toYaml | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "15014"
        {{- with .settings.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .account }}
      securityContext:
        {{- include "mesh.podSecurity" . | nindent 8 }}
      {{- include "mesh.placement" . | nindent 6 }}
      containers:
        {{- .containers | nindent 8 }}
      volumes:
        {{- .volumes | nindent 8 }}
{{ include "mesh.disruptionBudget" . }}
{{ include "mesh.autoscaler" . }}
{{- end -}}

{{- define "mesh.account" -}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .account }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "mesh.labels" . | nindent 4 }}
  {{- with .settings.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "mesh.disruptionBudget" -}}
{{- if .root.Values.global.defaultPodDisruptionBudget.enabled -}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "mesh.labels" . | nindent 4 }}
spec:
  # Not minAvailable: with one replica that would never let a node be drained.
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- toYaml .selector | nindent 6 }}
{{- end -}}
{{- end -}}

{{- define "mesh.autoscaler" -}}
{{- if .settings.autoscaleEnabled -}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "mesh.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ .name }}
  minReplicas: {{ .settings.autoscaleMin }}
  maxReplicas: {{ .settings.autoscaleMax }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .settings.cpu.targetAverageUtilization }}
{{- end -}}
{{- end -}}

{{/* Of every pod of the control plane. Takes root. */}}
{{- define "mesh.podLabels" -}}
app.kubernetes.io/part-of: istio
istio.io/rev: {{ include "mesh.revision" . }}
sidecar.istio.io/inject: "false"
{{- end -}}
