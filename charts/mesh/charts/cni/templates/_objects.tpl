{{- define "cni.objects" -}}
{{- if .Values.cni.enabled }}
{{ include "cni.rights" . }}
{{ include "cni.daemonSet" . }}
{{- end }}
{{- end -}}

{{- define "cni.rights" -}}
{{- $labels := include "mesh.labels" (dict "root" . "component" "cni") -}}
{{ include "mesh.account" (dict "root" . "component" "cni" "account" "istio-cni-node" "settings" .Values.cni) }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: istio-cni-node-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
rules:
  - {apiGroups: [""], resources: [pods], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: istio-cni-node-{{ .Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: istio-cni-node-{{ .Release.Namespace }}}
subjects:
  - {kind: ServiceAccount, name: istio-cni-node, namespace: {{ .Release.Namespace }}}
{{- end -}}

{{- define "cni.daemonSet" -}}
{{- $cni := .Values.cni -}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: istio-cni-node
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "mesh.labels" (dict "root" . "component" "cni") | nindent 4 }}
    k8s-app: istio-cni-node
spec:
  selector:
    matchLabels:
      k8s-app: istio-cni-node
  template:
    metadata:
      labels:
        {{- merge (dict "k8s-app" "istio-cni-node") (include "mesh.podLabels" . | fromYaml) $cni.podLabels | toYaml | nindent 8 }}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "15014"
        {{- with $cni.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: istio-cni-node
      # Networks of pods are found by their processes.
      hostPID: true
      {{- include "mesh.placement" (dict "root" . "settings" $cni) | nindent 6 }}
      containers:
        - name: agent
          image: {{ include "mesh.image" (dict "root" . "name" $cni.image) }}
          {{- with .Values.global.imagePullPolicy }}
          imagePullPolicy: {{ . }}
          {{- end }}
          command: [/usr/local/bin/meshwork-node-agent]
          args: [--in-cluster]
          ports:
            - {name: http-monitoring, containerPort: 15014}
          env:
            - name: NODE_NAME
              valueFrom: {fieldRef: {apiVersion: v1, fieldPath: spec.nodeName}}
            - name: MESHWORK_LOG_LEVEL
              value: {{ $cni.logLevel }}
            {{- include "mesh.extraEnv" (dict "settings" $cni) | nindent 12 }}
          readinessProbe:
            httpGet: {path: /ready, port: 15014}
            periodSeconds: 2
          {{- include "mesh.resources" (dict "root" . "settings" $cni) | nindent 10 }}
          securityContext:
            runAsUser: 0
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            # To enter the networks of pods, and to change them.
            capabilities:
              drop: [ALL]
              add: [SYS_ADMIN, SYS_PTRACE, NET_ADMIN, NET_RAW]
{{- end -}}
