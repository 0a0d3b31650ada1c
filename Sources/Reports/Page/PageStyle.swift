/// The page's style: light and dark by the reader's system, black on white in print.
let pageStyle = """
  :root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--faint:#5b6570;--rule:#d7dce2;--panel:#f5f7f9;--good:#1a7f4b;
  --bad:#c0362c;--warn:#9a6700;--look:#3567c0;--act:#7a3fb5;--between:#f6d9d6;--h0:#e3edf9;--h1:#b9d3f2;--h2:#7fb0e6;--h3:#3f83cf;
  --h4:#1c5297;--ok:#bfe3cd}
  @media(prefers-color-scheme:dark){:root{--ground:#14181d;--ink:#e6eaee;--faint:#9aa5b1;--rule:#323a43;--panel:#1c2229;
  --good:#4cc38a;--bad:#ff8178;--warn:#e2b23c;--look:#7fabf5;--act:#c79bf2;--between:#4a2523;--h0:#1d2b3d;--h1:#24456b;
  --h2:#2f669f;--h3:#4c93d8;--h4:#a4d0ff;--ok:#1f4a35}}
  *{box-sizing:border-box}
  body{margin:0 auto;max-width:1200px;padding:16px 20px 60px;background:var(--ground);color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
  h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.2rem;margin:1em 0 .4em}h3{font-size:1.05rem;margin:1.8em 0 .4em;
  border-bottom:1px solid var(--rule);padding-bottom:.2em}h4{font-size:.9rem;margin:1em 0 .2em;font-weight:600}
  small,.note,header p{color:var(--faint);font-weight:400}
  code{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
  .hidden{display:none}
  [role=tablist]{display:flex;flex-wrap:wrap;gap:4px;border-bottom:2px solid var(--rule);margin-top:1em}
  [role=tab]{font:inherit;border:1px solid transparent;border-bottom:none;background:none;color:var(--ink);padding:7px 12px;
  border-radius:6px 6px 0 0;cursor:pointer}
  [role=tab][aria-selected=true]{background:var(--panel);border-color:var(--rule);font-weight:600}
  :focus-visible{outline:2px solid var(--look);outline-offset:2px}
  .strip{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:center;background:var(--panel);border-left:6px solid var(--warn);
  padding:10px 16px;border-radius:4px}
  .strip.pass{border-color:var(--good)}.strip.fail{border-color:var(--bad)}
  .verdict{font-size:1.3rem;font-weight:700;margin:0}
  .strip dl{display:flex;flex-wrap:wrap;gap:6px 22px;margin:0}.strip dt{font-size:.75rem;color:var(--faint)}
  .strip dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums}
  .why,.missed{color:var(--bad)}.held{color:var(--good)}
  .scrubber{position:sticky;top:0;z-index:1;background:var(--ground);display:flex;flex-wrap:wrap;gap:6px 12px;align-items:center;
  padding:8px 0;border-bottom:1px solid var(--rule)}
  .scrubber input{flex:1 1 260px;accent-color:var(--look)}
  .scrubber output{flex:1 1 100%;font-size:.85rem;font-variant-numeric:tabular-nums;min-height:1.4em}
  .scroll{overflow-x:auto}
  svg{display:block;width:100%;min-width:680px;font:11px system-ui,sans-serif}
  svg text{fill:var(--ink)}svg .tick{fill:var(--faint);text-anchor:middle;font-size:10px}svg .lane{text-anchor:end}
  svg .small{font-size:10px;fill:var(--faint)}
  .grid{stroke:var(--rule);fill:none;stroke-width:.7}.cursor{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 2;fill:none}
  .fault path{fill:var(--bad)}.repair path{fill:none;stroke:var(--bad)}.change path{fill:var(--faint)}
  .good rect{fill:var(--ok)}.bad1 rect{fill:var(--warn);opacity:.45}.bad2 rect{fill:var(--warn)}.bad3 rect{fill:var(--bad);opacity:.7}
  .bad4 rect{fill:var(--bad)}
  .pending rect{fill:none;stroke:var(--warn);stroke-dasharray:2 2}.firing rect{fill:var(--warn)}.firing.page rect{fill:var(--bad)}
  .look rect{fill:var(--look)}.act rect{fill:var(--act)}.act.failed rect{fill:none;stroke:var(--bad)}
  .heat0{fill:var(--h0)}.heat1{fill:var(--h1)}.heat2{fill:var(--h2)}.heat3{fill:var(--h3)}.heat4{fill:var(--h4)}
  .line{fill:none;stroke-width:1.6}.p50{--c:var(--good)}.p95{--c:var(--warn)}.p99{--c:var(--bad)}
  .offered,.one{--c:var(--look)}.served,.two{--c:var(--good)}.failed,.three{--c:var(--bad)}.four,.you{--c:var(--act)}
  path.p95,path.two,path.served{stroke-dasharray:6 2}path.p99,path.three{stroke-dasharray:2 2}path.four{stroke-dasharray:8 2 2 2}
  path.line{stroke:var(--c)}.between{fill:var(--between);stroke:none}
  .key{font-weight:400;margin-left:.8em;border-bottom:3px solid var(--c)}
  .edge{fill:none;stroke:var(--faint);stroke-width:1}.node rect{fill:var(--ok);stroke:var(--good)}
  .node.hurt rect{fill:var(--between);stroke:var(--bad);stroke-width:2}.node .kind,.node .effect{font-size:10px}
  .node .kind{fill:var(--faint)}.node .effect{fill:var(--bad);font-weight:600}.region{font-weight:600}
  .work{fill:none;stroke:var(--look)}.work.critical{fill:var(--look)}.wait{fill:var(--h1)}.wait.critical{fill:var(--h4)}
  rect.error{stroke:var(--bad);stroke-width:2}.span{font-size:10.5px}
  table{border-collapse:collapse;width:100%;font-size:.86rem;margin:.4em 0 1em}
  caption{text-align:left;color:var(--faint);padding:.2em 0}
  th{text-align:left;font-weight:600;border-bottom:1px solid var(--rule);padding:3px 10px 3px 0;vertical-align:bottom}
  td{border-bottom:1px solid var(--rule);padding:3px 10px 3px 0;vertical-align:top;overflow-wrap:anywhere;
  font-variant-numeric:tabular-nums}
  td:nth-child(-n+2){overflow-wrap:normal}td.number{white-space:nowrap}td:first-child{white-space:nowrap}
  td:has(.tag){overflow-wrap:normal}.tag{white-space:nowrap;font-size:.75rem;border:1px solid var(--rule);border-radius:3px;padding:0 5px}.tag.fault,.tag.page{border-color:var(--bad);
  color:var(--bad)}.tag.person{border-color:var(--act);color:var(--act)}.tag.customers{border-color:var(--look);color:var(--look)}
  .parts{display:flex;height:12px;width:100%;min-width:220px;border-radius:2px;overflow:hidden}.part{height:100%}
  .part0{background:#4477aa}.part1{background:#66ccee}.part2{background:#228833}.part3{background:#ccbb44}.part4{background:#ee6677}
  .part5{background:#aa3377}.part6{background:#888}.part7{background:#994455}
  .part8{background:#ee8866}.part9{background:#44bb99}.part10{background:#997700}.part11{background:#222255}
  @media(max-width:600px){body{padding:10px}h1{font-size:1.25rem}}
  @media print{:root{color-scheme:light;--ground:#fff;--ink:#000;--faint:#444;--rule:#bbb;--panel:#f2f2f2;--good:#1a7f4b;--bad:#b3261e;
  --warn:#8a5c00;--look:#2a55a5;--act:#6a2fa5;--between:#f6d9d6;--h0:#e3edf9;--h1:#b9d3f2;--h2:#7fb0e6;--h3:#3f83cf;--h4:#1c5297;
  --ok:#bfe3cd}
  body{max-width:none;padding:0;font-size:11px}.scrubber,[role=tablist]{display:none}.hidden{display:block}
  .panel{break-before:page}.panel:first-child{break-before:auto}.strip,svg,tr{break-inside:avoid}h3,h4{break-after:avoid}
  svg{min-width:0}.scroll{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
  """
