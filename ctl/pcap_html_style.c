/*
 * pcap_html_style.c - style sheet and arrow heads of the HTML report. The page loads nothing from elsewhere. Light and dark
 * follow the reader's settings; printing uses the light form.
 */
#include "pcap_html_priv.h"

/* clang-format off */
const char html_style[] =
	":root{--bg:#f6f7f9;--card:#fff;--ink:#1c2430;--dim:#6b7686;--line:#d7dce3;"
	"--station:#2563eb;--bridge:#7c3aed;--pass:#15803d;--passbg:#dcfce7;"
	"--warn:#a16207;--warnbg:#fef3c7;--fail:#b91c1c;--failbg:#fee2e2}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--bg:#11151b;--card:#191f28;--ink:#e3e8ef;--dim:#8d99aa;"
	"--line:#333d4a;--station:#6ea0ff;--bridge:#b08cff;--pass:#4ade80;--passbg:#12351f;"
	"--warn:#fbbf24;--warnbg:#3a2f0e;--fail:#f87171;--failbg:#421a1c}}\n"
	/* The page: the summary and the findings are written last and shown first. */
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--bg);color:var(--ink);font:14px/1.45 system-ui,sans-serif;"
	"display:flex;flex-direction:column;align-items:center;padding:28px 16px 60px}\n"
	"header,section{width:1280px;max-width:100%}header{order:-3}#sum{order:-2}#find{order:-1}\n"
	"h1{font-size:22px;margin:0 0 2px}p{margin:4px 0;color:var(--dim)}\n"
	"h2{font-size:15px;margin:26px 0 8px;text-transform:uppercase;letter-spacing:.06em;color:var(--dim)}\n"
	".card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px;"
	"overflow-x:auto}\n"
	".tiles{display:flex;gap:12px;flex-wrap:wrap;margin:16px 0 4px}\n"
	".tile{flex:1;min-width:130px;border-radius:10px;padding:12px 16px;background:var(--card);"
	"border:1px solid var(--line)}\n"
	".tile b{display:block;font-size:28px;line-height:1.15;font-variant-numeric:tabular-nums}\n"
	".tile.pass b{color:var(--pass)}.tile.warn b{color:var(--warn)}.tile.fail b{color:var(--fail)}\n"
	"table{border-collapse:collapse;width:100%}a{color:inherit}tr:last-child td{border:0}\n"
	"td,th{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}\n"
	"th{color:var(--dim);font-weight:500}.clause{color:var(--dim)}\n"
	".badge{border-radius:9px;padding:1px 9px;font-weight:600;font-size:12px}\n"
	".badge.warn{background:var(--warnbg);color:var(--warn)}\n"
	".badge.fail{background:var(--failbg);color:var(--fail)}\n"
	".num{font-variant-numeric:tabular-nums;white-space:nowrap}code{font:12px ui-monospace,monospace}\n"
	/* The ladder. */
	"svg{display:block;height:auto;max-width:none;font:12px system-ui,sans-serif;fill:var(--ink)}\n"
	".life{stroke:var(--line);stroke-width:2}.end{fill:var(--card);stroke:var(--dim);stroke-width:1.5}\n"
	".end.station{stroke:var(--station)}.end.bridge{stroke:var(--bridge)}\n"
	".role{text-anchor:middle;font-weight:600;font-size:13px}\n"
	".mac{text-anchor:middle;font:11px ui-monospace,monospace;fill:var(--dim)}\n"
	".frame,.time{text-anchor:end;font-variant-numeric:tabular-nums;fill:var(--dim);font-size:11.5px}\n"
	".frame{fill:var(--ink)}.label{text-anchor:middle;font-weight:500;font-size:12px}\n"
	".row .label,.row .detail{paint-order:stroke;stroke:var(--card);stroke-width:4px}\n"
	".row.fail .label,.row.fail .detail{stroke:var(--failbg)}\n"
	".row.warn .label,.row.warn .detail{stroke:var(--warnbg)}\n"
	".detail{text-anchor:middle;fill:var(--dim);font-size:10.5px}\n"
	".gap{text-anchor:middle;fill:var(--dim);font-style:italic}\n"
	".msg line{stroke:var(--ink);stroke-width:1.5}.msg.lldp line{stroke:var(--station)}\n"
	".msg.ack line{stroke:var(--dim);stroke-width:1;stroke-dasharray:3 3}\n"
	".msg.ack .label{fill:var(--dim);font-weight:400;font-size:11px}\n"
	".bar{stroke-linecap:round}.bar.ack{stroke:var(--dim);stroke-width:2}\n"
	".bar.answer{stroke:var(--bridge);stroke-width:3;opacity:.55}\n"
	".bar.keep{stroke:var(--station);stroke-width:2;stroke-dasharray:1 5;opacity:.7}\n"
	".band.fail{fill:var(--failbg)}.band.warn{fill:var(--warnbg)}\n"
	".chip{fill:var(--passbg)}.warn .chip{fill:var(--warn)}.fail .chip{fill:var(--fail)}\n"
	".chiptext{text-anchor:middle;font-size:10px;font-weight:700;fill:var(--pass)}\n"
	".warn .chiptext,.fail .chiptext{fill:var(--card)}\n"
	".rule{font-size:12px;fill:var(--dim)}.warn .rule,.fail .rule{fill:var(--ink)}\n"
	".id{font-weight:600;fill:var(--ink)}.why{font-size:12px}\n"
	".warn .why{fill:var(--warn)}.fail .why{fill:var(--fail)}\n"
	".event{stroke:var(--card);stroke-width:2}.event.fail{fill:var(--fail)}.event.warn{fill:var(--warn)}\n";

const char html_markers[] =
	"<svg width=\"0\" height=\"0\" style=\"position:absolute\"><defs>"
	"<marker id=\"data\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
	"<path d=\"M0 0L8 4L0 8z\" fill=\"var(--ink)\"/></marker>"
	"<marker id=\"ack\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
	"<path d=\"M0 1L7 4L0 7\" fill=\"none\" stroke=\"var(--dim)\"/></marker>"
	"<marker id=\"lldp\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
	"<path d=\"M0 0L8 4L0 8z\" fill=\"var(--station)\"/></marker></defs></svg>\n";
/* clang-format on */
