-- Edge Virtual Bridging for Wireshark: ECP, VDP, the EVB and CDCP TLVs of LLDP, both generations, and evbd's profile of PE-CSP.
--
-- Wireshark's own dissectors show the ratified protocols wrongly or not at all: no count of filter entries, one filter,
-- wrong PCP masks, no pre-associate, no EVB and CDCP fields. These take their place for the EtherTypes 0x8940 and 0x88b7,
-- and stand beside its LLDP. README.md tells how to install them and lists the fields.
--
-- Clauses are of IEEE 802.1Q; draft 0.2 is the pre-standard that lldpad and libvirt speak.

local ECP_TYPE, DRAFT_TYPE, LLDP_TYPE = 0x8940, 0x88b7, 0x88cc
local SUBTYPE_VDP, SUBTYPE_CSP, SUBTYPE_EVBD_CSP = 1, 2, 0x3ff

---- names --------------------------------------------------------------------------------------------------------------

local modes = { [0] = "none", "bridge", "station", "reserved" }
local rr_states = { [0] = "off", "on", "reserved", "unknown" }
local operations = { [0] = "request", "acknowledgement", "reserved", "reserved" }
local subtypes = { [1] = "VDP", [2] = "PE-CSP", [0x3ff] = "PE-CSP, evbd's profile" }
local tlv_types = { [0] = "End", "Pre-Associate", "Pre-Associate with resource reservation", "Associate", "De-Associate",
	"VSI manager ID", [127] = "organizationally defined" }
local errors = { [0] = "success", "invalid format", "insufficient resources", "unable to contact VSI manager",
	"other failure", "invalid VID, GroupID or MAC address" }
local responses = { [0] = "success, or a request", "invalid format", "insufficient resources", "unused VTID",
	"VTID violation", "VTID version violation", "out of sync" }
local id_formats = { "IPv4", "IPv6", "MAC", "local", "UUID" }
local filter_formats = { "VID", "MAC/VID", "GroupID/VID", "GroupID/MAC/VID" }
local roles = { [0] = "bridge", "station" }
local messages = { "CSP-Open", "Extended-Port-Create", "Extended-Port-Delete", "E-channel-Register", "Port-Parameters-Set",
	"Port-Parameters-Get", "Port-Status", "Statistics-Get" }
local completions = { [0] = "done", "malformed", "unsupported message", "no resources", "unknown channel", "unknown port",
	"wrong state", "tag format refused" }
local port_types = { "cascade", "upstream", "extended" }

---- fields -------------------------------------------------------------------------------------------------------------

local evb = Proto("evb_tlvs", "Edge Virtual Bridging TLVs of LLDP")
local ecp = Proto("evb", "Edge Control Protocol (802.1Q clause 43)")
local draft = Proto("evb_draft02", "Edge Control Protocol (802.1Qbg draft 0.2)")

-- Each field once: kind, name, what it is; names of values, or the mask of a flag.
local f = {}
local function field(kind, name, text, more, mask)
	local base = kind:match("^uint") and base.DEC or nil
	if kind == "flag" then
		f[name] = ProtoField.bool("evb." .. name, text, 8, nil, more)
	elseif kind == "flag16" then
		f[name] = ProtoField.bool("evb." .. name, text, 16, nil, more)
	elseif kind == "hex8" then
		f[name] = ProtoField.uint8("evb." .. name, text, _G.base.HEX)
	elseif base ~= nil then
		f[name] = ProtoField[kind]("evb." .. name, text, base, more, mask)
	else
		f[name] = ProtoField[kind]("evb." .. name, text)
	end
end

-- EVB TLV (D.2)
field("uint16", "tlv.length", "EVB TLV: octets of its value")
field("flag", "tlv.bridge_group_ids", "BGID: the bridge takes GroupIDs", 0x04)
field("flag", "tlv.rr_capable", "RRCAP: reflective relay is possible", 0x02)
field("flag", "tlv.rr_control", "RRCTR: reflective relay is on", 0x01)
field("flag", "tlv.station_group_ids", "SGID: the station uses GroupIDs", 0x08)
field("flag", "tlv.rr_request", "RRREQ: reflective relay is wanted", 0x04)
field("uint8", "tlv.rr_status", "RRSTAT: reflective relay as the station sees it", rr_states, 0x03)
field("uint8", "tlv.retries", "R: maximum of ECP retries", nil, 0xe0)
field("uint8", "tlv.rte", "RTE: ECP's ack time is 10 us * 2^RTE", nil, 0x1f)
field("uint8", "tlv.mode", "EVB mode", modes, 0xc0)
field("flag", "tlv.rwd_is_remote", "ROL: RWD is the remote's", 0x20)
field("uint8", "tlv.rwd", "RWD: VDP's resource wait delay is 10 us * 2^RWD", nil, 0x1f)
field("flag", "tlv.rka_is_remote", "ROL: RKA is the remote's", 0x20)
field("uint8", "tlv.rka", "RKA: VDP's keep-alive is 10 us * 2^RKA", nil, 0x1f)
-- EVB TLV of draft 0.2
field("uint16", "draft.length", "EVB TLV of draft 0.2: octets of its value")
field("flag", "draft.supported_standard", "supported: standard forwarding", 0x80)
field("flag", "draft.supported_rr", "supported: reflective relay", 0x40)
field("flag", "draft.supported_rte", "supported: RTE", 0x04)
field("flag", "draft.supported_ecp", "supported: ECP", 0x02)
field("flag", "draft.supported_vdp", "supported: VDP", 0x01)
field("flag", "draft.configured_standard", "configured: standard forwarding", 0x80)
field("flag", "draft.configured_rr", "configured: reflective relay", 0x40)
field("flag", "draft.configured_rte", "configured: RTE", 0x04)
field("flag", "draft.configured_ecp", "configured: ECP", 0x02)
field("flag", "draft.configured_vdp", "configured: VDP", 0x01)
field("uint16", "draft.supported_vsis", "VSIs supported")
field("uint16", "draft.configured_vsis", "VSIs configured")
field("uint8", "draft.rte", "RTE", nil, 0x1f)
-- CDCP TLV (clause 42, D.2)
field("uint16", "cdcp.length", "CDCP TLV: octets of its value")
field("uint32", "cdcp.role", "role", roles, 0x80000000)
f["cdcp.scomp"] = ProtoField.bool("evb.cdcp.scomp", "SComp: has a port-mapping S-VLAN component", 32, nil, 0x08000000)
field("uint32", "cdcp.channel_capacity", "ChnCap: S-channels it supports", nil, 0xfff)
field("uint24", "cdcp.scid", "SCID", nil, 0xfff000)
field("uint24", "cdcp.svid", "SVID", nil, 0xfff)
-- Port Extension TLV (802.1BR)
field("uint16", "pe.length", "Port Extension TLV: octets of its value")
field("uint8", "pe.priority", "cascade port priority")
field("ether", "pe.pe", "address of the port extender")
field("ether", "pe.pe_csp", "address for PE-CSP")
-- ECP (clause 43)
field("uint16", "ecp.version", "version", nil, 0xf000)
field("uint16", "ecp.operation", "operation", operations, 0x0c00)
field("uint16", "ecp.subtype", "subtype", subtypes, 0x03ff)
field("uint16", "ecp.sequence", "sequence number")
field("uint24", "ecp.oui", "OUI of draft 0.2")
field("uint8", "ecp.mode", "operation", operations)
field("uint16", "ecp.payload_length", "octets behind the header, padding included")
-- VDP (clause 41)
field("ipv6", "vdp.manager", "VSI manager ID")
field("uint8", "vdp.vsi.type", "TLV type", tlv_types)
field("uint16", "vdp.vsi.length", "TLV length")
field("hex8", "vdp.vsi.status", "status")
field("flag", "vdp.vsi.response", "a response", 0x40)
field("flag", "vdp.vsi.suspended", "S: the VM is suspended", 0x20)
field("flag", "vdp.vsi.migrating", "M: the VM is migrating", 0x10)
field("flag", "vdp.vsi.keep", "Keep: the VSI stays as it was", 0x20)
field("flag", "vdp.vsi.hard", "Hard: asking again is no use", 0x10)
field("uint8", "vdp.vsi.error_code", "error", errors, 0x0f)
field("uint8", "vdp.vsi.mode", "mode of draft 0.2", { [0] = "pre-associate", "pre-associate with resource reservation",
	"associate", "de-associate" })
field("uint8", "vdp.vsi.draft_response", "response of draft 0.2", responses)
field("uint8", "vdp.vsi.draft_manager", "VSI manager ID of draft 0.2")
field("uint24", "vdp.vsi.type_id", "VTID: VSI type")
field("uint8", "vdp.vsi.type_version", "version of the type")
field("uint8", "vdp.vsi.id_format", "format of the VSIID", id_formats)
field("string", "vdp.vsi.id", "VSIID")
field("uint8", "vdp.vsi.filter_format", "filter info format", filter_formats)
field("uint16", "vdp.vsi.filter_count", "number of filter entries")
field("uint32", "vdp.filter.group", "GroupID")
field("ether", "vdp.filter.mac", "MAC address")
field("flag16", "vdp.filter.has_pcp", "PS: the PCP counts", 0x8000)
field("uint16", "vdp.filter.pcp", "PCP", nil, 0x7000)
field("uint16", "vdp.filter.vid", "VID", nil, 0x0fff)
field("bytes", "vdp.vsi.org", "organizationally defined TLV")
-- PE-CSP, evbd's profile
field("uint8", "csp.version", "version of the profile")
field("flag", "csp.response", "a response", 0x80)
field("uint8", "csp.message_code", "message", messages, 0x7f)
field("uint16", "csp.transaction", "transaction")
field("uint8", "csp.completion", "completion", completions)
field("flag", "csp.vn_tag", "tags are VN-Tags, else E-TAGs", 0x01)
field("uint32", "csp.channel", "E-channel")
field("uint32", "csp.resource.max_channels", "channels it can have")
field("uint32", "csp.resource.max_groups", "groups it can have")
field("uint8", "csp.resource.classes", "traffic classes")
field("uint8", "csp.resource.capabilities", "capabilities")
field("uint16", "csp.resource.max_untagged", "VLANs untagged at a port")
field("uint16", "csp.port.port", "port")
field("uint8", "csp.port.type", "type of the port", port_types)
field("uint8", "csp.port.priority", "default priority")
field("uint16", "csp.port.pvid", "PVID")
field("uint16", "csp.port.flags", "flags")
field("uint8", "csp.member.add", "joins (1) or leaves (0)")
field("uint16", "csp.member.port", "member")
field("flag16", "csp.vid.untagged", "leaves untagged", 0x8000)
field("uint16", "csp.vid.vid", "VID", nil, 0x0fff)
field("uint16", "csp.status.port", "port")
field("uint8", "csp.status.oper", "operational")
field("uint32", "csp.statistics.port", "port")
field("uint64", "csp.statistics.rx_frames", "frames received")
field("uint64", "csp.statistics.tx_frames", "frames sent")
field("uint64", "csp.statistics.rx_octets", "octets received")
field("uint64", "csp.statistics.tx_octets", "octets sent")

local all = {}
for _, v in pairs(f) do
	all[#all + 1] = v
end
ecp.fields = all

local malformed = ProtoExpert.new("evb.malformed", "malformed", expert.group.MALFORMED, expert.severity.ERROR)
ecp.experts = { malformed }

---- TLVs ---------------------------------------------------------------------------------------------------------------

-- The TLVs of a buffer: type, value, all of it. The second result says how it ended: "end", "rest" or "overrun".
local function tlvs(buf)
	local list, at = {}, 0
	while at + 2 <= buf:len() do
		local word = buf(at, 2):uint()
		local kind, len = math.floor(word / 512), word % 512
		if kind == 0 then
			return list, "end"
		end
		if at + 2 + len > buf:len() then
			return list, "overrun"
		end
		list[#list + 1] = { type = kind, len = len, value = len > 0 and buf(at + 2, len) or nil, all = buf(at, 2 + len) }
		at = at + 2 + len
	end
	return list, at == buf:len() and "rest" or "overrun"
end

local function text_of(names, n)
	return names[n] or ("reserved (" .. n .. ")")
end

---- LLDP ---------------------------------------------------------------------------------------------------------------

local function evb_tlv(v, tree)
	local t = tree:add(evb, v, "EVB TLV: " .. text_of(modes, math.floor(v(7, 1):uint() / 64)))
	t:add(f["tlv.length"], v:len()):set_generated()
	for _, name in ipairs({ "bridge_group_ids", "rr_capable", "rr_control" }) do
		t:add(f["tlv." .. name], v(4, 1))
	end
	for _, name in ipairs({ "station_group_ids", "rr_request", "rr_status" }) do
		t:add(f["tlv." .. name], v(5, 1))
	end
	t:add(f["tlv.retries"], v(6, 1))
	t:add(f["tlv.rte"], v(6, 1))
	t:add(f["tlv.mode"], v(7, 1))
	t:add(f["tlv.rwd_is_remote"], v(7, 1))
	t:add(f["tlv.rwd"], v(7, 1))
	t:add(f["tlv.rka_is_remote"], v(8, 1))
	t:add(f["tlv.rka"], v(8, 1))
end

local function draft_tlv(v, tree)
	local t = tree:add(evb, v, "EVB TLV of draft 0.2")
	t:add(f["draft.length"], v:len()):set_generated()
	for at, which in pairs({ [4] = "supported", [6] = "configured" }) do
		t:add(f["draft." .. which .. "_standard"], v(at, 1))
		t:add(f["draft." .. which .. "_rr"], v(at, 1))
		t:add(f["draft." .. which .. "_rte"], v(at + 1, 1))
		t:add(f["draft." .. which .. "_ecp"], v(at + 1, 1))
		t:add(f["draft." .. which .. "_vdp"], v(at + 1, 1))
	end
	t:add(f["draft.supported_vsis"], v(8, 2))
	t:add(f["draft.configured_vsis"], v(10, 2))
	t:add(f["draft.rte"], v(12, 1))
end

local function cdcp_tlv(v, tree)
	local t = tree:add(evb, v, "CDCP TLV")
	t:add(f["cdcp.length"], v:len()):set_generated()
	t:add(f["cdcp.role"], v(4, 4))
	t:add(f["cdcp.scomp"], v(4, 4))
	t:add(f["cdcp.channel_capacity"], v(4, 4))
	for at = 8, v:len() - 3, 3 do
		t:add(f["cdcp.scid"], v(at, 3))
		t:add(f["cdcp.svid"], v(at, 3))
	end
end

local function pe_tlv(v, tree)
	local t = tree:add(evb, v, "Port Extension TLV")
	t:add(f["pe.length"], v:len()):set_generated()
	t:add(f["pe.priority"], v(4, 1))
	t:add(f["pe.pe"], v(5, 6))
	t:add(f["pe.pe_csp"], v(11, 6))
end

-- Organizational TLVs by OUI and subtype, and how long they have to be.
local org_tlvs = {
	[0x0080c20d] = { evb_tlv, 9 },
	[0x001b3f00] = { draft_tlv, 13 },
	[0x0080c20e] = { cdcp_tlv, 11 },
	[0x0080c20f] = { pe_tlv, 17 },
}

local lldp_before = DissectorTable.get("ethertype"):get_dissector(LLDP_TYPE)

function evb.dissector(buf, pinfo, tree)
	for _, t in ipairs((tlvs(buf))) do
		local row = t.type == 127 and t.len >= 4 and org_tlvs[t.value(0, 4):uint()] or nil
		if row ~= nil and t.len >= row[2] then
			row[1](t.value, tree)
		elseif row ~= nil then
			tree:add(evb, t.value, "a TLV of 802.1Q that is too short"):add_proto_expert_info(malformed)
		end
	end
	if lldp_before ~= nil then -- behind it the buffer is shorter
		lldp_before:call(buf, pinfo, tree)
	end
end

---- VDP ----------------------------------------------------------------------------------------------------------------

local function is_zero(buf, from, to)
	for i = from, to do
		if buf(i, 1):uint() ~= 0 then
			return false
		end
	end
	return true
end

-- The VSIID as evbctl writes it.
local function id_text(format, v)
	local hex = v:bytes():tohex(true)
	if format == 5 then
		return table.concat({ hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16), hex:sub(17, 20), hex:sub(21) }, "-")
	elseif format == 3 and is_zero(v, 0, 9) then
		return (hex:sub(21):gsub("(..)", "%1:"):sub(1, 17))
	elseif format == 1 and is_zero(v, 0, 11) then
		return tostring(v(12, 4):ipv4())
	elseif format == 2 then
		return tostring(v:ipv6())
	elseif format == 4 then
		return "local:" .. hex:gsub("^" .. ("00"):rep(math.floor(#hex:match("^0*") / 2 > 15 and 15 or #hex:match("^0*") / 2)), "")
	end
	return "format" .. format .. ":" .. hex
end

-- Which of GroupID and MAC stand before the VID: octets of an entry, GroupID, MAC.
local layouts = { { 2, false, false }, { 8, false, true }, { 6, true, false }, { 12, true, true } }

local function filters(v, format, count, tree)
	local layout = layouts[format]
	if layout == nil or v == nil or v:len() ~= layout[1] * count then
		return layout ~= nil and count == 0 and v == nil
	end
	for at = 0, v:len() - layout[1], layout[1] do
		local t, k = tree:add(ecp, v(at, layout[1]), "filter"), at
		if layout[2] then
			t:add(f["vdp.filter.group"], v(k, 4))
			k = k + 4
		end
		if layout[3] then
			t:add(f["vdp.filter.mac"], v(k, 6))
			k = k + 6
		end
		t:add(f["vdp.filter.has_pcp"], v(k, 2))
		if v(k, 1):uint() >= 0x80 then
			t:add(f["vdp.filter.pcp"], v(k, 2))
		end
		t:add(f["vdp.filter.vid"], v(k, 2))
	end
	return true
end

local function status(v, t)
	local s = v:uint()
	t:add(f["vdp.vsi.status"], v)
	t:add(f["vdp.vsi.response"], v)
	if math.floor(s / 0x40) % 2 == 1 then
		t:add(f["vdp.vsi.keep"], v)
		t:add(f["vdp.vsi.hard"], v)
		t:add(f["vdp.vsi.error_code"], v)
		return s % 16 == 0 and "success" or "refused: " .. text_of(errors, s % 16)
	end
	t:add(f["vdp.vsi.suspended"], v)
	t:add(f["vdp.vsi.migrating"], v)
	return "request"
end

local function association(tlv, tree)
	local v = tlv.value
	local t = tree:add(ecp, tlv.all, tlv_types[tlv.type])
	t:add(f["vdp.vsi.type"], tlv.type):set_generated()
	t:add(f["vdp.vsi.length"], tlv.len):set_generated()
	if tlv.len < 25 then
		t:add_proto_expert_info(malformed)
		return tlv_types[tlv.type]
	end
	local outcome = status(v(0, 1), t)
	t:add(f["vdp.vsi.type_id"], v(1, 3))
	t:add(f["vdp.vsi.type_version"], v(4, 1))
	t:add(f["vdp.vsi.id_format"], v(5, 1))
	t:add(f["vdp.vsi.id"], v(6, 16), id_text(v(5, 1):uint(), v(6, 16)))
	t:add(f["vdp.vsi.filter_format"], v(22, 1))
	t:add(f["vdp.vsi.filter_count"], v(23, 2))
	if not filters(tlv.len > 25 and v(25) or nil, v(22, 1):uint(), v(23, 2):uint(), t) then
		t:add_proto_expert_info(malformed)
	end
	t:append_text(", " .. outcome)
	return tlv_types[tlv.type] .. " " .. outcome
end

local function vdp(buf, tree)
	local list, ending = tlvs(buf)
	local said = {}
	for _, tlv in ipairs(list) do
		if tlv.type == 5 and tlv.len == 16 then
			tree:add(f["vdp.manager"], tlv.value)
		elseif tlv.type >= 1 and tlv.type <= 4 then
			said[#said + 1] = association(tlv, tree)
		elseif tlv.type == 127 then
			tree:add(f["vdp.vsi.org"], tlv.all)
		else
			tree:add(ecp, tlv.all, "TLV " .. text_of(tlv_types, tlv.type)):add_proto_expert_info(malformed)
		end
	end
	if ending == "overrun" or #list == 0 or list[1].type ~= 5 then
		tree:add_proto_expert_info(malformed)
	end
	return table.concat(said, "; ")
end

local function draft_association(tlv, tree)
	local v = tlv.value
	local mode = v(4, 1):uint()
	local t = tree:add(ecp, tlv.all, "VSI")
	t:add(f["vdp.vsi.type"], tlv.type):set_generated()
	t:add(f["vdp.vsi.length"], tlv.len):set_generated()
	t:add(f["vdp.vsi.mode"], v(4, 1))
	t:add(f["vdp.vsi.draft_response"], v(5, 1))
	t:add(f["vdp.vsi.draft_manager"], v(6, 1))
	t:add(f["vdp.vsi.type_id"], v(7, 3))
	t:add(f["vdp.vsi.type_version"], v(10, 1))
	t:add(f["vdp.vsi.id"], v(11, 16), id_text(5, v(11, 16)))
	t:add(f["vdp.vsi.filter_format"], v(27, 1))
	t:add(f["vdp.vsi.filter_count"], v(28, 2))
	for at = 30, tlv.len - 8, 8 do
		t:add(f["vdp.filter.mac"], v(at, 6))
		t:add(f["vdp.filter.vid"], v(at + 6, 2))
	end
	return text_of({ [0] = "Pre-Associate", "Pre-Associate with resource reservation", "Associate", "De-Associate" }, mode)
end

local function draft_vdp(buf, tree)
	local list, ending = tlvs(buf)
	local said = {}
	for _, tlv in ipairs(list) do
		if tlv.type == 127 and tlv.len >= 38 and tlv.value(0, 4):uint() == 0x001b3f02 then
			said[#said + 1] = draft_association(tlv, tree)
		else
			tree:add(ecp, tlv.all, "another TLV")
		end
	end
	if ending == "overrun" then
		tree:add_proto_expert_info(malformed)
	end
	return table.concat(said, "; ")
end

---- PE-CSP -------------------------------------------------------------------------------------------------------------

-- A TLV's fields in their order: name and octets; `array`: as often as they fit.
local csp_tlvs = {
	[2] = { { "resource.max_channels", 4 }, { "resource.max_groups", 4 }, { "resource.classes", 1 },
		{ "resource.capabilities", 1 }, { "resource.max_untagged", 2 } },
	[3] = { { "port.port", 2 }, { "port.type", 1 }, { "port.priority", 1 }, { "port.pvid", 2 }, { "port.flags", 2 } },
	[4] = { array = true, { "member.add", 1 }, { "member.port", 2 } },
	[5] = { array = true, { "vid.untagged", 2, "vid.vid" } },
	[6] = { { "status.port", 2 }, { "status.oper", 1 }, { nil, 1 } },
	[7] = { { "statistics.port", 4 }, { "statistics.rx_frames", 8 }, { "statistics.tx_frames", 8 },
		{ "statistics.rx_octets", 8 }, { "statistics.tx_octets", 8 } },
}
local csp_names = { [2] = "Resource", "Port-Parameters", "Port-Array", "VID-Array", "Port-Status", "Statistics" }

local function csp_part(tlv, tree)
	local rows = csp_tlvs[tlv.type]
	local t = tree:add(ecp, tlv.all, csp_names[tlv.type] or "TLV " .. tlv.type)
	local at, size = 0, 0
	for _, row in ipairs(rows or {}) do
		size = size + row[2]
	end
	if rows == nil or (not rows.array and tlv.len ~= size) or (rows.array and tlv.len % size ~= 0) then
		if rows ~= nil then
			t:add_proto_expert_info(malformed)
		end
		return
	end
	while at < tlv.len do
		for _, row in ipairs(rows) do
			if row[1] ~= nil then
				t:add(f["csp." .. row[1]], tlv.value(at, row[2]))
			end
			if row[3] ~= nil then
				t:add(f["csp." .. row[3]], tlv.value(at, row[2]))
			end
			at = at + row[2]
		end
	end
end

local function csp(buf, tree)
	local list, ending = tlvs(buf)
	local first = list[1]
	if first == nil or first.type ~= 1 or first.len ~= 10 or ending == "overrun" then
		tree:add_proto_expert_info(malformed)
		return "PE-CSP"
	end
	local v = first.value
	tree:add(f["csp.version"], v(0, 1))
	tree:add(f["csp.response"], v(1, 1))
	tree:add(f["csp.message_code"], v(1, 1))
	tree:add(f["csp.transaction"], v(2, 2))
	tree:add(f["csp.completion"], v(4, 1))
	tree:add(f["csp.vn_tag"], v(5, 1))
	tree:add(f["csp.channel"], v(6, 4))
	for i = 2, #list do
		csp_part(list[i], tree)
	end
	local code = v(1, 1):uint()
	return text_of(messages, code % 128) ..
		(code >= 128 and " " .. text_of(completions, v(4, 1):uint()) or " request")
end

---- ECP ----------------------------------------------------------------------------------------------------------------

local function finish(pinfo, tree, op, seq, said)
	local text = text_of(operations, op) .. " " .. seq .. (said ~= "" and ": " .. said or "")
	tree:append_text(", " .. text)
	pinfo.cols.info = text
end

function ecp.dissector(buf, pinfo, root)
	pinfo.cols.protocol = "ECP"
	local tree = root:add(ecp, buf())
	if buf:len() < 4 then
		tree:add_proto_expert_info(malformed)
		return
	end
	local word, seq = buf(0, 2):uint(), buf(2, 2):uint()
	local op, subtype = math.floor(word / 1024) % 4, word % 1024
	tree:add(f["ecp.version"], buf(0, 2))
	tree:add(f["ecp.operation"], buf(0, 2))
	tree:add(f["ecp.subtype"], buf(0, 2))
	tree:add(f["ecp.sequence"], buf(2, 2))
	tree:add(f["ecp.payload_length"], buf:len() - 4):set_generated()
	local said = ""
	if op == 0 and buf:len() > 4 and subtype == SUBTYPE_VDP then
		said = vdp(buf(4), tree)
	elseif op == 0 and buf:len() > 4 and subtype == SUBTYPE_EVBD_CSP then
		said = csp(buf(4), tree)
	elseif subtype == SUBTYPE_CSP then
		said = "PE-CSP"
	end
	finish(pinfo, tree, op, seq, said)
end

-- The EtherType is one for experiments: with another OUI the frame is somebody else's.
function draft.dissector(buf, pinfo, root)
	if buf:len() < 9 or buf(0, 3):uint() ~= 0x001b3f then
		return 0
	end
	pinfo.cols.protocol = "ECP"
	local tree = root:add(draft, buf())
	local op, seq = buf(6, 1):uint(), buf(7, 2):uint()
	tree:add(f["ecp.oui"], buf(0, 3))
	tree:add(f["ecp.mode"], buf(6, 1))
	tree:add(f["ecp.sequence"], buf(7, 2))
	tree:add(f["ecp.payload_length"], buf:len() - 9):set_generated()
	local said = ""
	if op == 0 and buf:len() > 9 and buf(4, 2):uint() == 0 then
		said = draft_vdp(buf(9), tree)
	end
	finish(pinfo, tree, op, seq, said)
	return buf:len()
end

local ethertypes = DissectorTable.get("ethertype")
ethertypes:add(ECP_TYPE, ecp)
ethertypes:add(DRAFT_TYPE, draft)
ethertypes:add(LLDP_TYPE, evb)
