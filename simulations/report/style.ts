import { CHART_STYLE } from "./chart-style.ts";
import { colourClasses, colourVariables } from "./palette.ts";

const LIGHT = `--page:#faf9f6;--card:#fff;--ink:#16191d;--dim:#5a616a;--rule:#dedad1;--grid:#ece8e0;--track:#efece5;--band:#a86a1626;--stem:#8a5a1a;--good:#0a6b45;--bad:#b3261e;--goodish:#0a6b4520;--quiet:#8b929b;--more:#0004;${colourVariables("light")}`;
const DARK = `--page:#0f1215;--card:#161a1f;--ink:#e9ecef;--dim:#a0a9b4;--rule:#2d343c;--grid:#242a31;--track:#242a31;--band:#ffc46b24;--stem:#d7a458;--good:#54d6a0;--bad:#ff8a80;--goodish:#54d6a026;--quiet:#7d8793;--more:#000c;${colourVariables("dark")}`;

/** Sizes and distances are multiples of 4 pixels, text of one step of 1.2. */
const PAGE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;padding:32px clamp(12px,3vw,48px) 80px;max-width:1480px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,p,figure,dl,dd,ol,ul,fieldset{margin:0;padding:0;border:0}
h1{font-size:clamp(26px,3.2vw,40px);line-height:1.1;letter-spacing:-.022em;font-weight:680;text-wrap:balance}
h2{font-size:24px;line-height:1.2;letter-spacing:-.014em;font-weight:660;margin-top:64px}
h3{font-size:15px;line-height:1.3;font-weight:640}
h1::first-letter,h3::first-letter{text-transform:uppercase}
.dim,.about,.lead{color:var(--dim)}
.lead{font-size:17px;margin-top:6px}
.about{margin:4px 0 20px;max-width:84ch;text-wrap:pretty}
.section-number{display:inline-block;min-width:1.3em;color:var(--dim);font-weight:400}
.masthead{display:flex;gap:20px;align-items:center}
.emblem{width:76px;height:76px;flex:none}
.emblem path{stroke:var(--k0);stroke-width:1.1;fill:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(124px,1fr));margin-top:28px;background:var(--card);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
.facts div{padding:10px 14px;box-shadow:1px 0 var(--rule),0 1px var(--rule)}
.facts dt{font-size:12.5px;color:var(--dim)}
.facts dd{font-size:16px;font-weight:600}.facts small{font-size:12.5px;font-weight:400;color:var(--dim);margin-left:6px;white-space:nowrap}
.commands{margin-top:12px;display:grid;gap:6px}
.command{display:flex;background:var(--card);border:1px solid var(--rule);border-radius:8px;align-items:center}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;padding:9px 14px;flex:1;user-select:all;min-width:0}
code::before{content:"$ ";color:var(--dim)}
button{font:inherit;font-size:13px;color:inherit;background:none;border:0;padding:6px 12px;cursor:pointer;border-radius:6px}
button:hover{background:var(--track)}
:focus-visible{outline:2px solid var(--k0);outline-offset:2px}
.contents{display:flex;flex-wrap:wrap;gap:4px 22px;list-style:none;margin-top:20px;counter-reset:c;font-size:14px}
.contents li{counter-increment:c}
.contents li::before{content:counter(c) " ";color:var(--dim)}
.contents button{padding:2px 0;font-size:14px}
.contents button:hover{background:none;text-decoration:underline;text-underline-offset:3px}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:18px 20px;min-width:0;container:card/inline-size}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px;align-items:start}
.rings{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:16px}
figcaption{margin-bottom:10px}
figcaption p{font-size:13px}
#sweep .columns,.columns.many{grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr))}
.targets{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,max(250px,30%)),1fr));gap:16px;list-style:none;margin-bottom:16px}
.targets.by-four{grid-template-columns:repeat(auto-fill,minmax(min(100%,max(220px,23%)),1fr))}
.targets .card{display:flex;flex-direction:column;padding:14px 18px}
.targets .missed{border-color:var(--bad);box-shadow:inset 4px 0 var(--bad)}
.targets .name{font-size:13.5px;color:var(--dim);flex:1;line-height:1.35}
.targets .name::first-letter{text-transform:uppercase}
.targets .figure{font-size:30px;line-height:1.2;font-weight:640;letter-spacing:-.02em;margin:2px 0 8px}
.figure small{font-size:16px;font-weight:500;letter-spacing:0;color:var(--dim)}
.ends{display:flex;justify-content:space-between;font-size:11.5px;color:var(--dim);line-height:1.5}
.aim{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 12px;font-size:13.5px;margin-top:4px}
.verdict{font-weight:640;white-space:nowrap}
.good{color:var(--good);fill:var(--good)}.bad{color:var(--bad);fill:var(--bad)}
.notice{border:1px solid var(--bad);border-left-width:5px;border-radius:8px;background:var(--card);padding:14px 18px;margin-bottom:16px}
.notice ul{padding-left:20px;font-size:13.5px}
.scroll{overflow-x:auto;scrollbar-width:thin;background:linear-gradient(90deg,var(--card) 40%,transparent) 0/48px 100% no-repeat local,linear-gradient(270deg,var(--card) 40%,transparent) 100%/48px 100% no-repeat local,linear-gradient(90deg,var(--more),transparent) 0/16px 100% no-repeat scroll,linear-gradient(270deg,var(--more),transparent) 100%/16px 100% no-repeat scroll,var(--card)}
.scroll.card{padding:6px 20px 10px;margin-bottom:16px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 0 6px 18px;text-align:right;white-space:nowrap;font-weight:400;border-top:1px solid var(--grid);vertical-align:top}
thead th,thead td{border-top:0;color:var(--dim);font-size:12.5px;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0}
tbody th{font-weight:560}
tr.groups th{text-align:center;color:var(--ink);padding-bottom:4px;font-weight:600;background:linear-gradient(var(--rule),var(--rule)) no-repeat bottom right/calc(100% - 18px) 1px}
tr.groups+tr th,tr.groups+tr td{padding-top:4px}
table.small{font-size:13px;margin-top:10px}
table.small th,table.small td{padding-top:4px;padding-bottom:4px}
table.small th[scope=row]{white-space:normal}
table.left td{text-align:left;white-space:normal}
td small,th small{display:block;font-size:12px;line-height:1.35;color:var(--dim);font-weight:400}
td small.good,td small .good{color:var(--good)}td small.bad,td small .bad{color:var(--bad)}
.comparison thead th small{max-width:130px;white-space:normal;margin-left:auto}
.comparison th:first-child,.comparison td:first-child{position:sticky;left:0;background:var(--card);white-space:normal;min-width:130px;padding-right:10px}
.comparison tr.group th{padding-top:16px;font-size:13px;color:var(--dim);font-weight:400}
.comparison tr.group th::first-letter{text-transform:uppercase}
.comparison tr.group+tr th,.comparison tr.group+tr td{border-top-color:var(--rule)}
@media (min-width:900px){.roomy td small{display:inline-block;min-width:124px}}
.dense{font-size:13px}.dense th:not(:first-child),.dense td:not(:first-child){padding-left:9px}
.bars .bar{width:46%;padding-top:10px}
.bars td.bar svg{display:block;overflow:visible}
.bars th[scope=row]{white-space:normal;line-height:1.35;min-width:6.5em;overflow-wrap:break-word}
.stack{display:grid;gap:16px;align-content:start;min-width:0}
.costs{font-size:13.5px;margin:12px 0}
details{margin-top:12px;font-size:14px}
summary{cursor:pointer;color:var(--dim);padding:2px 0}
summary:hover{color:var(--ink)}
.key{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px;background:var(--c)}
.keys{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:13px;margin-top:8px}
.keys span{display:inline-flex;align-items:center}
.glyph{width:15px;height:15px;margin-right:5px;overflow:visible}.glyph.wide{width:30px}
.runs{display:flex;flex-wrap:wrap;gap:6px 20px;margin-bottom:16px;font-size:14px}
.runs legend{float:left;color:var(--dim);margin-right:4px}
.runs label{cursor:pointer}
.runs input{margin:0 7px 0 0;vertical-align:-1px;accent-color:var(--k0)}
.marks{list-style:none;display:flex;flex-wrap:wrap;gap:4px 24px;font-size:13px;margin-top:16px;color:var(--dim)}
.marks li{display:flex;gap:8px;align-items:baseline}
.marks b{color:var(--ink);font-weight:600}
.badge{color:var(--stem);font-weight:700}
@container card (max-width:400px){.bars .bar{width:30%;min-width:56px}.bars td:nth-child(4),.bars th:nth-child(4){display:none}}
@media (max-width:560px){.card{padding:14px}.masthead{gap:14px}.emblem{width:52px;height:52px}h2{margin-top:48px}.scroll.card{padding:4px 14px 8px}th,td{padding-left:13px}}
@media print{body{max-width:none;padding:0;font-size:11pt}.card,.notice,figure,li{break-inside:avoid}h2{break-after:avoid;margin-top:28px}.copy,.runs input,.ruler,.tip{display:none}.columns{grid-template-columns:1fr 1fr}}
`;

/** Hides a run from the charts when its box is cleared, without a script. */
const TOGGLES = Array.from({ length: 12 }, (_, index) => `body:has(#show-${index}:not(:checked)) .run-${index}{display:none}`).join("");

export const STYLE = `:root{color-scheme:light dark;${LIGHT}}@media screen and (prefers-color-scheme:dark){:root{${DARK}}}${colourClasses()}${PAGE}${CHART_STYLE}${TOGGLES}`;
