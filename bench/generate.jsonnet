// The dashboard of the comparison: plain objects and functions, no library to read. Ours to compare with, written by hand.
local source = { type: 'prometheus', uid: '${datasource}' };

local panel(board, index) = {
  id: index + 1,
  type: 'timeseries',
  title: 'Latency %d' % index,
  description: 'Which?',
  datasource: source,
  gridPos: { h: 8, w: 12, x: 12 * (index % 2), y: 8 * std.floor(index / 2) },
  fieldConfig: {
    defaults: {
      unit: 's',
      color: { mode: 'palette-classic' },
      custom: {
        axisPlacement: 'auto', barAlignment: 0, drawStyle: 'line', fillOpacity: 10, gradientMode: 'none', lineInterpolation: 'linear',
        lineWidth: 1, pointSize: 5, showPoints: 'auto', spanNulls: false, stacking: { group: 'A', mode: 'none' },
        thresholdsStyle: { mode: 'off' },
      },
      mappings: [],
      noValue: 'No data',
      thresholds: { mode: 'absolute', steps: [{ color: 'blue', value: null }] },
    },
    overrides: [],
  },
  options: {
    legend: { calcs: ['lastNotNull', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  targets: [{
    datasource: source,
    editorMode: 'code',
    expr: 'histogram_quantile(0.95, sum by (agent, le) (rate(step_%d_seconds_bucket{board="%d", tenant=~"$tenant"}[$__rate_interval])))' % [index, board],
    legendFormat: '{{agent}}',
    format: 'time_series',
    instant: false,
    range: true,
    refId: 'A',
  }],
};

function(number) {
  uid: 'bench-%d' % number,
  title: 'Bench %d' % number,
  description: 'What?',
  schemaVersion: 42,
  version: 1,
  editable: false,
  refresh: '30s',
  tags: ['bench'],
  time: { from: 'now-6h', to: 'now' },
  timezone: 'utc',
  annotations: { list: [] },
  links: [],
  templating: {
    list: [{
      type: 'query', name: 'tenant', label: 'Tenant', query: 'label_values(up, tenant)', datasource: source, includeAll: true, multi: true,
      refresh: 1, sort: 1, hide: 0,
    }],
  },
  panels: [panel(number, index) for index in std.range(0, 19)],
}
