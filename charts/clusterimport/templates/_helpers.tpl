{{/* The name of everything: Clusterpedia's, so that two never work at once unseen. */}}
{{- define "clusterimport.name" -}}
clusterpedia-controller-manager
{{- end -}}

{{- define "clusterimport.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "clusterimport.name" .) -}}
{{- end -}}

{{- define "clusterimport.labels" -}}
app.kubernetes.io/name: clusterimport
app.kubernetes.io/part-of: clusterpedia
{{ include "clusterimport.helmLabels" . }}
{{- end -}}

{{/* What no Pod has, since it changes with each release of the chart. */}}
{{- define "clusterimport.helmLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "clusterimport.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where /healthz, /readyz and /metrics are: the port of the flag. */}}
{{- define "clusterimport.port" -}}
{{- $address := index .Values.flags "metrics-bind-address" | default ":8080" | toString -}}
{{- $port := regexFind "[0-9]+$" $address -}}
{{- if or (not $port) (eq $port "0") -}}
{{- fail (printf "flags.metrics-bind-address: %s names no port, and the probes of the Pods need one; write :PORT" $address) -}}
{{- end -}}
{{- $port -}}
{{- end -}}

{{- define "clusterimport.leaseName" -}}
{{- index .Values.flags "leader-elect-resource-name" | default (include "clusterimport.name" .) -}}
{{- end -}}

{{- define "clusterimport.leaseNamespace" -}}
{{- index .Values.flags "leader-elect-resource-namespace" | default .Release.Namespace -}}
{{- end -}}

{{/* The arguments of the container, as a list in JSON. */}}
{{- define "clusterimport.args" -}}
{{- $args := list -}}
{{- range $flag, $value := .Values.flags -}}
  {{- if kindIs "slice" $value -}}
    {{- if $value }}{{- $args = append $args (printf "--%s=%s" $flag (join "," $value)) -}}{{- end -}}
  {{- else if kindIs "float64" $value -}}
    {{- $args = append $args (printf "--%s=%s" $flag (toJson $value)) -}}
  {{- else if not (kindIs "invalid" $value) -}}
    {{- $args = append $args (printf "--%s=%s" $flag (toString $value)) -}}
  {{- end -}}
{{- end -}}
{{- if .Values.authenticationFrom -}}
  {{- if index .Values.flags "feature-gates" -}}
    {{- fail "authenticationFrom and flags.feature-gates say the same: leave the flag out" -}}
  {{- end -}}
  {{- $args = append $args "--feature-gates=ClusterAuthenticationFromSecret=true" -}}
{{- end -}}
{{- if .Values.metricsSecure -}}
  {{- $args = append $args "--metrics-secure" -}}
{{- end -}}
{{- if .Values.kubeconfig.secretName -}}
  {{- $args = append $args (printf "--kubeconfig=/etc/clusterimport/%s" .Values.kubeconfig.key) -}}
{{- end -}}
{{- toJson (concat $args .Values.extraArgs) -}}
{{- end -}}

{{/*
The objects of a file of manifests/ or of the catalogue as this release has them: in its namespace, with
its labels and its ServiceAccount. Takes root, file, and maybe kinds, annotations, labels, and patches of
kustomize that add fields to select by to CRDs.
*/}}
{{- define "clusterimport.objects" -}}
{{- $root := .root -}}
{{- $account := include "clusterimport.serviceAccount" $root -}}
{{- $text := required (printf "the chart has no %s" .file) ($root.Files.Get .file) -}}
{{- range $document := regexSplit "(?m)^---$" $text -1 }}
{{- $object := fromYaml $document }}
{{- with $object.Error }}{{- fail (printf "%s: %s" $.file .) }}{{- end }}
{{- if and $object.kind (or (not $.kinds) (has $object.kind $.kinds)) }}
{{- $meta := $object.metadata }}
{{- if eq (get $meta "namespace") "clusterpedia-system" }}
  {{- $_ := set $meta "namespace" $root.Release.Namespace }}
{{- end }}
{{- $labels := include "clusterimport.helmLabels" $root | fromYaml }}
{{- $_ := set $meta "labels" (mergeOverwrite $labels ($meta.labels | default dict) ($.labels | default dict)) }}
{{- with $.annotations }}
  {{- $_ := set $meta "annotations" (merge dict . ($meta.annotations | default dict)) }}
{{- end }}
{{- range $subject := $object.subjects }}
  {{- if and (eq $subject.kind "ServiceAccount") (eq $subject.name (include "clusterimport.name" $root)) }}
    {{- $_ := set $subject "name" $account }}
    {{- $_ := set $subject "namespace" $root.Release.Namespace }}
  {{- end }}
{{- end }}
{{- range $patch := $.patches }}
  {{- if eq $patch.target.name $meta.name }}
    {{- $_ := set (first $object.spec.versions) "selectableFields" (first (fromYamlArray $patch.patch)).value }}
  {{- end }}
{{- end }}
{{- if and (has $object.kind (list "Role" "RoleBinding")) (eq $meta.name (include "clusterimport.name" $root)) }}
  {{- /* The lease's, wherever the flags say that it is. */}}
  {{- $_ := set $meta "namespace" (include "clusterimport.leaseNamespace" $root) }}
  {{- range $rule := $object.rules }}
    {{- if $rule.resourceNames }}
      {{- $_ := set $rule "resourceNames" (list (include "clusterimport.leaseName" $root)) }}
    {{- end }}
  {{- end }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}
{{- end -}}
