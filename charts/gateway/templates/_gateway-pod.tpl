{{/* Takes what gateway.objects takes. */}}
{{- define "gateway.deployment" -}}
{{- $mesh := .mesh -}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "gateway.labels" . | nindent 4 }}
spec:
  {{- if not .settings.autoscaleEnabled }}
  replicas: {{ .settings.replicaCount }}
  {{- end }}
  revisionHistoryLimit: 4
  selector:
    matchLabels:
      {{- toYaml .settings.labels | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ .settings.rollingMaxSurge }}
      maxUnavailable: {{ .settings.rollingMaxUnavailable }}
  template:
    metadata:
      labels:
        {{- merge (dict) .settings.labels (dict "istio.io/rev" $mesh.revision "app.kubernetes.io/part-of" "istio" "sidecar.istio.io/inject" (ternary "true" "false" (eq $mesh.image "auto"))) .settings.podLabels | toYaml | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "15020"
        prometheus.io/path: /stats/prometheus
        {{- if eq $mesh.image "auto" }}
        inject.istio.io/templates: gateway
        {{- end }}
        {{- with .settings.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      securityContext:
        runAsUser: 1337
        runAsGroup: 1337
        fsGroup: 1337
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
        # Ports below 1024 without any capability.
        sysctls:
          - {name: net.ipv4.ip_unprivileged_port_start, value: "0"}
      {{- with $mesh.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .settings.priorityClassName | default $mesh.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .settings.nodeSelector | default $mesh.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .settings.tolerations | default $mesh.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .settings.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .settings.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        {{- include (ternary "gateway.autoContainer" "gateway.container" (eq $mesh.image "auto")) . | nindent 8 }}
      {{- if ne $mesh.image "auto" }}
      volumes:
        - name: istio-token
          projected:
            sources:
              - serviceAccountToken: {audience: istio-ca, expirationSeconds: 43200, path: istio-token}
        - name: istiod-ca-cert
          # Citadel writes it into every namespace; the pod waits until it has.
          configMap: {name: istio-ca-root-cert}
        - name: istio-podinfo
          downwardAPI:
            items:
              - {path: labels, fieldRef: {apiVersion: v1, fieldPath: metadata.labels}}
              - {path: annotations, fieldRef: {apiVersion: v1, fieldPath: metadata.annotations}}
        - name: istio-data
          emptyDir: {}
        - name: istio-envoy
          emptyDir: {medium: Memory}
        - name: tmp
          emptyDir: {}
      {{- end }}
{{- end -}}

{{/* What only the chart knows; all else comes from the template `gateway` of the injector, when a pod is made. */}}
{{- define "gateway.autoContainer" -}}
- name: istio-proxy
  image: auto
  ports:
    {{- range .settings.ports }}
    - {containerPort: {{ .targetPort | default .port }}, protocol: {{ .protocol | default "TCP" }}}
    {{- end }}
  {{- with .settings.env }}
  env:
    {{- range $name, $value := . }}
    - name: {{ $name }}
      value: {{ $value | quote }}
    {{- end }}
  {{- end }}
  resources:
    {{- toYaml .settings.resources | nindent 4 }}
{{- end -}}

{{- define "gateway.container" -}}
{{- $mesh := .mesh -}}
- name: istio-proxy
  image: {{ if contains "/" $mesh.image }}{{ $mesh.image }}{{ else }}{{ $mesh.hub }}/{{ $mesh.image }}:{{ $mesh.tag | default .root.Chart.AppVersion }}{{ end }}
  {{- with $mesh.pullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  args: [router]
  ports:
    {{- range .settings.ports }}
    - {containerPort: {{ .targetPort | default .port }}, protocol: {{ .protocol | default "TCP" }}}
    {{- end }}
    - {name: http-envoy-prom, containerPort: 15090}
  env:
    {{- include "gateway.env" . | nindent 4 }}
  readinessProbe:
    httpGet: {path: /healthz/ready, port: 15021}
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 15
  livenessProbe:
    tcpSocket: {port: 15021}
    initialDelaySeconds: 10
    periodSeconds: 15
    timeoutSeconds: 5
    failureThreshold: 4
  resources:
    {{- toYaml .settings.resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    runAsNonRoot: true
    capabilities:
      drop: [ALL]
  volumeMounts:
    - {name: istio-token, mountPath: /var/run/secrets/tokens, readOnly: true}
    - {name: istiod-ca-cert, mountPath: /var/run/secrets/istio, readOnly: true}
    - {name: istio-podinfo, mountPath: /etc/istio/pod, readOnly: true}
    - {name: istio-data, mountPath: /var/lib/istio/data}
    - {name: istio-envoy, mountPath: /etc/istio/proxy}
    - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "gateway.env" -}}
{{- $mesh := .mesh -}}
{{- range $name, $path := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" "INSTANCE_IP" "status.podIP" "HOST_IP" "status.hostIP" "SERVICE_ACCOUNT" "spec.serviceAccountName" "ISTIO_META_NODE_NAME" "spec.nodeName" }}
- name: {{ $name }}
  valueFrom: {fieldRef: {apiVersion: v1, fieldPath: {{ $path }}}}
{{- end }}
- {name: ISTIO_META_CLUSTER_ID, value: {{ $mesh.clusterName | quote }}}
- {name: ISTIO_META_WORKLOAD_NAME, value: {{ .name | quote }}}
- {name: ISTIO_META_OWNER, value: "kubernetes://apis/apps/v1/namespaces/{{ .namespace }}/deployments/{{ .name }}"}
- {name: ISTIO_META_MESH_ID, value: {{ $mesh.meshId | default $mesh.trustDomain | quote }}}
{{- with $mesh.network }}
- {name: ISTIO_META_NETWORK, value: {{ . | quote }}}
{{- end }}
- {name: ISTIO_META_UNPRIVILEGED_POD, value: "true"}
- {name: TRUST_DOMAIN, value: {{ $mesh.trustDomain | quote }}}
- {name: CA_ADDR, value: "istio-citadel.{{ $mesh.istiod }}.svc:8060"}
- name: PROXY_CONFIG
  value: {{ $mesh.proxyConfig | toJson | squote }}
- {name: MESHWORK_LOG_LEVEL, value: {{ $mesh.logLevel }}}
{{- range $name, $value := .settings.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
