{{/*
All objects of one gateway. charts/gateway renders one, charts/mesh one for each key below `gateways`; the file is shared by a link.
Takes root, name, namespace, component, settings (of the gateway), and mesh: hub, tag, pullPolicy, pullSecrets, revision,
trustDomain, clusterDomain, clusterName, meshId, network, istiod (namespace of the control plane), proxyConfig, image, logLevel,
priorityClassName, nodeSelector, tolerations, hasBudget.
*/}}
{{- define "gateway.objects" -}}
{{- $labels := include "gateway.labels" . -}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- $labels | nindent 4 }}
  {{- with .settings.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{ include "gateway.deployment" . }}
{{ include "gateway.service" . }}
{{- if .mesh.hasBudget }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- $labels | nindent 4 }}
spec:
  # Not minAvailable: with one replica that would never let a node be drained.
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- toYaml .settings.labels | nindent 6 }}
{{- end }}
{{- if .settings.autoscaleEnabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- $labels | nindent 4 }}
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
{{- end }}
{{- end -}}

{{- define "gateway.labels" -}}
{{- merge (dict
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/part-of" "istio"
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "install.meshwork.dev/component" .component
  "install.meshwork.dev/namespace" .root.Release.Namespace
  "istio.io/rev" .mesh.revision) .settings.labels | toYaml -}}
{{- end -}}

{{- define "gateway.service" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "gateway.labels" . | nindent 4 }}
  {{- with .settings.serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .settings.type }}
  {{- with .settings.loadBalancerIP }}
  loadBalancerIP: {{ . }}
  {{- end }}
  {{- with .settings.loadBalancerSourceRanges }}
  loadBalancerSourceRanges:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .settings.externalIPs }}
  externalIPs:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .settings.externalTrafficPolicy }}
  externalTrafficPolicy: {{ . }}
  {{- end }}
  selector:
    {{- toYaml .settings.labels | nindent 4 }}
  ports:
    {{- range .settings.ports }}
    - {{ merge (dict) . (dict "protocol" "TCP" "targetPort" .port) | toYaml | nindent 6 | trim }}
    {{- end }}
{{- end -}}
