// Writes land.txt (the outline of the continents, coarse enough for a small map) and centres.tsv (a point in the middle of
// each country's largest part) from npm's world-atlas. Run it in a folder where the packages named in README.md are
// installed: node make_map.mjs FOLDER-FOR-THE-TABLES
import {feature} from 'topojson-client'; import {readFileSync,writeFileSync} from 'fs'; import iso from 'i18n-iso-countries';
const land=JSON.parse(readFileSync('node_modules/world-atlas/land-110m.json')); const f=feature(land,land.objects.land);
const polys=f.type==='FeatureCollection'?f.features.flatMap(x=>x.geometry.type==='Polygon'?[x.geometry.coordinates]:x.geometry.coordinates):f.geometry.coordinates;
// Leaves out points that lie nearly on the line of their neighbours (Douglas and Peucker 1973).
function dp(p,e){ if(p.length<3) return p; let m=0,k=0; const [a,b]=[p[0],p[p.length-1]]; for(let i=1;i<p.length-1;i++){ const d=dist(p[i],a,b); if(d>m){m=d;k=i} } return m>e?[...dp(p.slice(0,k+1),e).slice(0,-1),...dp(p.slice(k),e)]:[a,b]; }
function dist(p,a,b){ const L=Math.hypot(b[0]-a[0],b[1]-a[1]); if(L===0) return Math.hypot(p[0]-a[0],p[1]-a[1]); return Math.abs((b[0]-a[0])*(a[1]-p[1])-(a[0]-p[0])*(b[1]-a[1]))/L; }
function area(r){let s=0; for(let i=0;i<r.length-1;i++) s+=r[i][0]*r[i+1][1]-r[i+1][0]*r[i][1]; return Math.abs(s/2)}
// An outline that leaves the map in the east comes back in the west.
const unwrapped = (ring) => { let turn = 0; return ring.map((c, i) => { if (i) { const step = c[0] - ring[i - 1][0]; if (step > 180) turn -= 360; if (step < -180) turn += 360; } return [c[0] + turn, c[1]]; }); };
// The part of an outline on one side of a meridian (Sutherland and Hodgman 1974).
const cut = (ring, at, east) => { const inside = (c) => east ? c[0] >= at : c[0] <= at; const out = [];
 ring.forEach((c, i) => { const b = ring[(i + ring.length - 1) % ring.length];
  if (inside(b) !== inside(c)) out.push([at, b[1] + (c[1] - b[1]) * (at - b[0]) / (c[0] - b[0])]);
  if (inside(c)) out.push(c); }); return out; };
const out = [];
for (const poly of polys) {
  if (poly[0].every((c) => c[1] < -60)) continue;
  const whole = unwrapped(poly[0]).slice(0, -1);
  for (const turn of [-360, 0, 360]) {
    const part = cut(cut(whole.map((c) => [c[0] + turn, c[1]]), 180, false), -180, true);
    if (part.length < 4) continue;
    const ring = [...part, part[0]];
    if (area(ring) < 2) continue;
    const mid = Math.floor(ring.length / 2);
    const r = [...dp(ring.slice(0, mid + 1), 0.5).slice(0, -1), ...dp(ring.slice(mid), 0.5)];
    if (r.length > 3) out.push(r.slice(0, -1).map((c) => `${Math.round(c[0] * 10) / 10},${Math.round(c[1] * 10) / 10}`).join(' '));
  }
}
writeFileSync(process.argv[2]+'/land.txt',out.join('\n')+'\n');
const c=JSON.parse(readFileSync('node_modules/world-atlas/countries-50m.json')); const cf=feature(c,c.objects.countries); const pts={};
for(const x of cf.features){ const a2=iso.numericToAlpha2(x.id); if(!a2) continue; const ps=x.geometry.type==='Polygon'?[x.geometry.coordinates]:x.geometry.coordinates; let best=null,ba=-1; for(const p of ps){const a=area(p[0]); if(a>ba){ba=a;best=p[0]}}
 let cx=0,cy=0,A=0; for(let i=0;i<best.length-1;i++){const w=best[i][0]*best[i+1][1]-best[i+1][0]*best[i][1]; A+=w; cx+=(best[i][0]+best[i+1][0])*w; cy+=(best[i][1]+best[i+1][1])*w}
 if(!(a2 in pts)||ba>pts[a2][2]) pts[a2]=[cx/(3*A),cy/(3*A),ba]; }
// Countries too small for the map: the place of their first time zone.
for(const l of readFileSync('/usr/share/zoneinfo/zone.tab','utf8').split('\n')){ if(l.startsWith('#')||!l) continue; const [cc,co]=l.split('\t'); if(cc in pts) continue; const m=co.match(/^([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?$/); if(!m) continue; pts[cc]=[(m[5]=='-'?-1:1)*(+m[6]+m[7]/60),(m[1]=='-'?-1:1)*(+m[2]+m[3]/60),0]; }
writeFileSync(process.argv[2]+'/centres.tsv',Object.entries(pts).sort().map(([k,v])=>`${k}\t${v[0].toFixed(1)}\t${v[1].toFixed(1)}`).join('\n')+'\n');
