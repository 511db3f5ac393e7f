{{- define "citadel.objects" -}}
{{- if .Values.citadel.enabled }}
{{ include "mesh.workload" (dict
  "root" . "component" "citadel" "name" "istio-citadel" "account" "istio-citadel" "settings" .Values.citadel "uid" 65532
  "selector" (include "citadel.selector" . | fromYaml)
  "containers" (include "citadel.container" .) "volumes" (include "citadel.volumes" .)) }}
{{ include "citadel.service" . }}
{{ include "citadel.rights" . }}
{{- end }}
{{- end -}}

{{- define "citadel.selector" -}}
app: istio-citadel
istio: citadel
{{- end -}}

{{/* Names that accounts of the control plane may have in their certificates, beside their identity. */}}
{{- define "citadel.namesOf" -}}
{{- $namespace := .Release.Namespace -}}
{{- $istiod := include "pilot.name" . -}}
- --names-of={{ $namespace }}/{{ $istiod }}={{ $istiod }}.{{ $namespace }}.svc,{{ $istiod }}.{{ $namespace }}.svc.{{ .Values.global.proxy.clusterDomain }},{{ $istiod }}.{{ $namespace }}
{{- range .Values.citadel.revisions }}
- --names-of={{ $namespace }}/istiod-{{ . }}=istiod-{{ . }}.{{ $namespace }}.svc,istiod-{{ . }}.{{ $namespace }}.svc.{{ $.Values.global.proxy.clusterDomain }},istiod-{{ . }}.{{ $namespace }}
{{- end }}
{{- end -}}

{{- define "citadel.container" -}}
{{- $citadel := .Values.citadel -}}
- name: citadel
  image: {{ include "mesh.image" (dict "root" . "name" $citadel.image) }}
  {{- with .Values.global.imagePullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  args:
    - --in-cluster
    - --address=0.0.0.0:8060
    - --metrics-address=0.0.0.0:15014
    - --server-names=istio-citadel.{{ .Release.Namespace }}.svc,istio-citadel.{{ .Release.Namespace }}.svc.{{ .Values.global.proxy.clusterDomain }},istio-citadel.{{ .Release.Namespace }}
    {{- include "citadel.namesOf" . | nindent 4 }}
    - --trust-domain={{ .Values.meshConfig.trustDomain | default "cluster.local" }}
    - --workload-ttl={{ $citadel.workloadCertTtl }}
    - --max-workload-ttl={{ $citadel.maxWorkloadCertTtl }}
  ports:
    - {name: grpc-citadel, containerPort: 8060}
    - {name: http-monitoring, containerPort: 15014}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}
    - name: POD_NAMESPACE
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}
    - name: MESHWORK_LOG_LEVEL
      value: {{ $citadel.logLevel }}
    {{- include "mesh.extraEnv" (dict "settings" $citadel) | nindent 4 }}
  {{- include "mesh.probes" . | nindent 2 }}
  {{- include "mesh.resources" (dict "root" . "settings" $citadel) | nindent 2 }}
  securityContext:
    {{- include "mesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: istio-data, mountPath: /var/lib/istio/data}
    - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "citadel.volumes" -}}
- name: istio-data
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end -}}

{{- define "citadel.service" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: istio-citadel
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "mesh.labels" (dict "root" . "component" "citadel") | nindent 4 }}
    {{- include "citadel.selector" . | nindent 4 }}
  {{- with .Values.citadel.serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- include "citadel.selector" . | nindent 4 }}
  ports:
    - {name: grpc-citadel, port: 8060, protocol: TCP, targetPort: 8060}
    - {name: http-monitoring, port: 15014, protocol: TCP, targetPort: 15014}
{{- end -}}
