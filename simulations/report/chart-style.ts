/** How charts and pictures look. Text in them is 12 pixels at every width; see `Plot`. */
export const CHART_STYLE = `
.plot{position:relative;padding:8px 10px 8px 58px;container-type:inline-size;touch-action:pan-y}
.plot.has-x{padding-bottom:28px}
svg{display:block}
.chart{overflow:visible;font-size:12px}
.curves{overflow:visible}
.chart text{fill:var(--dim)}
.grid line{stroke:var(--grid);shape-rendering:crispEdges}
.curve{stroke:var(--c,var(--ink));stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.plain{--c:var(--k0)}
.quiet{--c:var(--quiet)}
.fill{fill:var(--c);opacity:.1}
.mark{fill:var(--card);stroke:var(--c);stroke-width:2}
.chart .direct{fill:var(--c);font-weight:640;font-size:13px}
.chart .direct,.chart .note,.chart .mark-label,.chart .step{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.chart .note{fill:var(--ink);font-size:12.5px}
.mean{stroke:var(--ink);stroke-dasharray:4 4}
.band{fill:var(--band)}
.moment{fill:var(--stem);opacity:.55}
.stem{stroke:var(--stem);opacity:.6}
.chart .mark-label{fill:var(--ink)}
.mark-label .number{fill:var(--stem);font-weight:700}
.lanes-1{padding-top:30px}.lanes-2{padding-top:50px}.lanes-3{padding-top:70px}.lanes-4{padding-top:90px}
.panel-head{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 20px;align-items:baseline;margin:18px 0 2px}
.panel-head:first-child{margin-top:0}
.panel-head .keys{margin:0}
.track{fill:var(--track)}
.filled{fill:var(--c)}
.bars .tick,.bullet .tick{stroke:var(--ink);stroke-width:2}
.bullet{overflow:visible}
.wanted{fill:var(--goodish)}
.ring{width:100%;max-width:620px;height:auto;margin:0 auto;overflow:visible}
.nodes{opacity:.6}
.orbit{fill:none;stroke:var(--rule)}
.nodes path,.glyph path{fill:var(--c)}
.request{fill:none;stroke:var(--c);stroke-width:1.6}
.ring .request{stroke-width:1.1;opacity:.85}
.request.failed{stroke-dasharray:3 3}
.asked{fill:var(--c);stroke:var(--card);stroke-width:1}
.asked.result{fill:var(--card);stroke:var(--c);stroke-width:2.4}
.cross,.glyph path.cross{fill:none;stroke:var(--c);stroke-width:2}
.glyph path.request{fill:none}
.chart .step{font-size:10px;fill:var(--ink)}
.ring .step{font-size:9px;fill:var(--ink)}
.ring .step{paint-order:stroke;stroke:var(--card);stroke-width:3px}
.leader{stroke:var(--c);stroke-width:.6}
.target path{fill:var(--ink)}
.asker{fill:none;stroke:var(--ink);stroke-width:2}
.walk-chart .grid line:not([y1="0"]){opacity:.8}
.ruler{position:absolute;pointer-events:none;background:var(--dim)}
.ruler[hidden],.tip[hidden]{display:none}
.ruler.x{top:0;bottom:8px;width:1px}
.ruler.y{left:52px;right:10px;height:1px}
.tip{position:fixed;z-index:2;pointer-events:none;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:8px 12px;font-size:13px;box-shadow:0 4px 18px #0003;max-width:min(90vw,420px)}
.tip p{display:flex;align-items:center;gap:0}.tip span{flex:1;margin-right:20px}.tip em{font-style:normal;font-weight:600}
@container (max-width:760px){.beside{display:none}}
@container (max-width:420px){.minor,.mark-label .name{display:none}}
`;
