{{- define "gateways.objects" -}}
{{- $root := . -}}
{{- $global := .Values.global -}}
{{- $discovery := printf "istiod%s.%s.svc:15012" (include "mesh.suffix" .) .Release.Namespace -}}
{{- $mesh := dict
  "hub" $global.hub "tag" $global.tag "pullPolicy" $global.imagePullPolicy "pullSecrets" $global.imagePullSecrets
  "revision" (include "mesh.revision" .) "trustDomain" (.Values.meshConfig.trustDomain | default "cluster.local")
  "clusterDomain" $global.proxy.clusterDomain "clusterName" $global.multiCluster.clusterName "meshId" $global.meshID
  "network" $global.network "istiod" .Release.Namespace
  "proxyConfig" (merge (dict) (.Values.meshConfig.defaultConfig | default dict) (dict "discoveryAddress" $discovery))
  "image" $global.proxy.image "logLevel" $global.proxy.logLevel "priorityClassName" $global.priorityClassName
  "nodeSelector" $global.defaultNodeSelector "tolerations" $global.defaultTolerations
  "hasBudget" $global.defaultPodDisruptionBudget.enabled -}}
{{- range $name, $settings := .Values.gateways }}
{{- if and (ne $name "global") $settings.enabled }}
{{- $defaults := omit (index $root.Subcharts.gateways.Values "istio-ingressgateway" | default dict) "enabled" "labels" }}
{{- $complete := merge (dict) $settings (dict "labels" (dict "app" $name "istio" (trimPrefix "istio-" $name))) $defaults }}
{{ include "gateway.objects" (dict "root" $root "name" $name "namespace" $root.Release.Namespace "component" "gateways" "settings" $complete "mesh" $mesh) }}
{{- end }}
{{- end }}
{{- end -}}
