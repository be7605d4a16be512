' gather.vbs: what this Windows machine is, as JSON (headroom/machine/1).
'
' Runs on Windows 2000 to Windows Server 2025, by cscript alone, with nothing installed:
'
'     cscript //nologo gather.vbs            writes NAME.json in the current folder
'     cscript //nologo gather.vbs /stdout    prints it
'
' then on any machine with the store:
'
'     analyze inventory --load NAME.json
'     analyze validate NAME --target virtual-server-2005-r2
'
' It reads WMI and the registry, and changes nothing.  What cannot be read stays out of the
' document: absent means that nobody could ask, which is not the same as none.

Option Explicit

Dim output, wmi, registry, shell, files, isFirst(32), depth, hasAscW
output = ""
depth = 0
isFirst(0) = True

Const HKLM = &H80000002

On Error Resume Next
Set shell = CreateObject("WScript.Shell")
Set files = CreateObject("Scripting.FileSystemObject")
Set wmi = GetObject("winmgmts:{impersonationLevel=impersonate}!\\.\root\cimv2")
If Err.Number <> 0 Then Set wmi = Nothing
Err.Clear
Set registry = GetObject("winmgmts:{impersonationLevel=impersonate}!\\.\root\default:StdRegProv")
If Err.Number <> 0 Then Set registry = Nothing
Err.Clear

hasAscW = False
If AscW("A") = 65 Then hasAscW = (Err.Number = 0)
Err.Clear
' from here on what is not foreseen stops with its line, rather than half a document
On Error GoTo 0

Main

' ---- JSON -------------------------------------------------------------------------------

' ASCII alone: whatever the code page of the console, the file is the same.
Function Quoted(text)
	Dim i, code, out
	out = """"
	For i = 1 To Len(text)
		If hasAscW Then
			code = AscW(Mid(text, i, 1))
		Else
			code = Asc(Mid(text, i, 1))
		End If
		If code < 0 Then code = code + 65536
		If code = 34 Or code = 92 Then
			out = out & "\" & Chr(code)
		ElseIf code < 32 Or code > 126 Then
			out = out & "\u" & Right("0000" & LCase(Hex(code)), 4)
		Else
			out = out & Chr(code)
		End If
	Next
	Quoted = out & """"
End Function

Sub Begin(bracket)
	output = output & bracket
	depth = depth + 1
	isFirst(depth) = True
End Sub

Sub Finish(bracket)
	depth = depth - 1
	output = output & bracket
End Sub

Sub NextItem()
	If Not isFirst(depth) Then output = output & ","
	isFirst(depth) = False
	If depth < 4 Then output = output & vbCrLf & String(depth, vbTab)
End Sub

Sub Key(name)
	NextItem
	output = output & Quoted(name) & ": "
End Sub

' What is empty was not told.
Sub PutText(name, value)
	If IsNull(value) Or IsEmpty(value) Then Exit Sub
	If Trim(CStr(value)) = "" Then Exit Sub
	Key name
	output = output & Quoted(Trim(CStr(value)))
End Sub

' Numbers over 2^31 come as texts: their digits are taken as they stand.
Sub PutNumber(name, value)
	Dim i, digits, one
	If IsNull(value) Or IsEmpty(value) Then Exit Sub
	digits = ""
	For i = 1 To Len(CStr(value))
		one = Mid(CStr(value), i, 1)
		If one < "0" Or one > "9" Then Exit For
		digits = digits & one
	Next
	If digits = "" Then Exit Sub
	Do While Len(digits) > 1 And Left(digits, 1) = "0"
		digits = Mid(digits, 2)
	Loop
	Key name
	output = output & digits
End Sub

Sub PutBool(name, value)
	If IsNull(value) Or IsEmpty(value) Then Exit Sub
	Key name
	If CBool(value) Then
		output = output & "true"
	Else
		output = output & "false"
	End If
End Sub

Sub PutItem(value)
	If IsNull(value) Or IsEmpty(value) Then Exit Sub
	If Trim(CStr(value)) = "" Then Exit Sub
	NextItem
	output = output & Quoted(Trim(CStr(value)))
End Sub

' ---- WMI --------------------------------------------------------------------------------

' The rows of a class, Nothing where it does not exist here.
Function Rows(query)
	Dim found, count
	Set Rows = Nothing
	If wmi Is Nothing Then Exit Function
	On Error Resume Next
	Set found = wmi.ExecQuery(query)
	count = found.Count
	If Err.Number = 0 Then Set Rows = found
	Err.Clear
End Function

' A property that older systems do not have is Empty.
Function Prop(row, name)
	On Error Resume Next
	Prop = Empty
	Prop = row.Properties_(name).Value
	If Err.Number <> 0 Then Prop = Empty
	Err.Clear
End Function

Function First(query)
	Dim found, row
	Set First = Nothing
	Set found = Rows(query)
	If found Is Nothing Then Exit Function
	For Each row In found
		Set First = row
		Exit Function
	Next
End Function

Function RegText(path, name)
	Dim value
	RegText = Empty
	If registry Is Nothing Then Exit Function
	On Error Resume Next
	If registry.GetStringValue(HKLM, path, name, value) = 0 Then RegText = value
	Err.Clear
End Function

Function RegNumber(path, name)
	Dim value
	RegNumber = Empty
	If registry Is Nothing Then Exit Function
	On Error Resume Next
	If registry.GetDWORDValue(HKLM, path, name, value) = 0 Then RegNumber = value
	Err.Clear
End Function

Function Matches(text, part)
	Matches = False
	If IsNull(text) Or IsEmpty(text) Then Exit Function
	Matches = InStr(1, CStr(text), part, vbTextCompare) > 0
End Function

' ---- the groups -------------------------------------------------------------------------

Sub WhatItIs(system)
	Dim maker, model, hypervisor
	maker = Prop(system, "Manufacturer")
	model = Prop(system, "Model")
	hypervisor = ""
	If Matches(maker, "VMware") Then hypervisor = "vmware"
	If Matches(maker, "Microsoft") And Matches(model, "Virtual") Then
		hypervisor = "hyper-v"
		If RegText("SYSTEM\CurrentControlSet\Services\vpc-s3", "ImagePath") <> "" Then _
			hypervisor = "virtual-server"
	End If
	If Matches(maker, "Xen") Then hypervisor = "xen"
	If Matches(maker, "QEMU") Or Matches(model, "KVM") Then hypervisor = "kvm"
	If Matches(maker, "innotek") Or Matches(model, "VirtualBox") Then hypervisor = "virtualbox"
	If Matches(maker, "Amazon EC2") Then hypervisor = "kvm"
	If IsEmpty(maker) Or IsNull(maker) Then Exit Sub
	If hypervisor = "" Then
		PutText "kind", "physical"
	Else
		PutText "kind", "vm"
		PutText "hypervisor", hypervisor
	End If
End Sub

' The short name of the HAL by the file that was installed as hal.dll.
Function HalName()
	Dim row, file
	HalName = Empty
	On Error Resume Next
	file = LCase(RegText("SYSTEM\CurrentControlSet\Control\Class\" & _
		"{4D36E966-E325-11CE-BFC1-08002BE10318}\0000", "MatchingDeviceId"))
	If file <> "" Then HalName = file
	Err.Clear
End Function

Function LanguageName(code)
	Select Case code
		Case 1033, 2057, 3081, 4105
			LanguageName = "English"
		Case 1031
			LanguageName = "German"
		Case 1036
			LanguageName = "French"
		Case 1034, 3082
			LanguageName = "Spanish"
		Case 1041
			LanguageName = "Japanese"
		Case Else
			LanguageName = "code " & code
	End Select
End Function

Sub OperatingSystem(os)
	Dim bits, pack
	Key "os"
	Begin "{"
	PutText "name", Prop(os, "Caption")
	PutText "version", Prop(os, "Version")
	pack = Prop(os, "CSDVersion")
	PutText "service_pack", pack
	If Not IsEmpty(Prop(os, "OSLanguage")) Then _
		PutText "language", LanguageName(CLng(Prop(os, "OSLanguage")))
	PutText "hal", HalName()
	bits = Prop(os, "OSArchitecture") ' not before Windows Server 2008
	If IsEmpty(bits) Or IsNull(bits) Then
		bits = RegText("SYSTEM\CurrentControlSet\Control\Session Manager\Environment", _
			"PROCESSOR_ARCHITECTURE")
	End If
	If Matches(bits, "64") Then
		PutNumber "bits", 64
	ElseIf Matches(bits, "32") Or Matches(bits, "x86") Then
		PutNumber "bits", 32
	End If
	Finish "}"
End Sub

Sub General(system, os)
	Dim bios, found, cpu, sockets, cores, threads, mhz, named, secure
	Key "general"
	Begin "{"
	Set bios = First("SELECT * FROM Win32_BIOS")
	If Not bios Is Nothing Then _
		PutText "bios", Prop(bios, "Manufacturer") & " " & Prop(bios, "SMBIOSBIOSVersion")
	' 1 BIOS, 2 UEFI: a value since Windows 8
	Select Case RegNumber("SYSTEM\CurrentControlSet\Control", "PEFirmwareType")
		Case 1
			PutText "firmware", "bios"
		Case 2
			PutText "firmware", "uefi"
		Case Else
			If Prop(os, "Version") < "6" Then PutText "firmware", "bios"
	End Select
	secure = RegNumber("SYSTEM\CurrentControlSet\Control\SecureBoot\State", _
		"UEFISecureBootEnabled")
	If Not IsEmpty(secure) Then PutBool "secure_boot", secure = 1
	PutText "vendor", Prop(system, "Manufacturer")
	PutText "model", Prop(system, "Model")
	sockets = 0
	cores = 0
	threads = 0
	mhz = 0
	named = Empty
	Set found = Rows("SELECT * FROM Win32_Processor")
	If Not found Is Nothing Then
		For Each cpu In found
			If IsEmpty(named) Then named = Prop(cpu, "Name")
			sockets = sockets + 1
			' before Windows Server 2008 each row is a logical processor
			If IsNumeric(Prop(cpu, "NumberOfCores")) And Not IsEmpty(Prop(cpu, "NumberOfCores")) Then
				cores = cores + CLng(Prop(cpu, "NumberOfCores"))
				threads = threads + CLng(Prop(cpu, "NumberOfLogicalProcessors"))
			End If
			If IsNumeric(Prop(cpu, "MaxClockSpeed")) Then mhz = Prop(cpu, "MaxClockSpeed")
		Next
	End If
	PutText "processor", named
	If cores > 0 Then
		PutNumber "sockets", sockets
		PutNumber "cores", cores
		PutNumber "threads", threads
	ElseIf sockets > 0 Then
		PutNumber "cores", sockets
		PutNumber "threads", sockets
	End If
	If mhz > 0 Then PutNumber "core_mhz", mhz
	PutNumber "memory_bytes", Prop(system, "TotalPhysicalMemory")
	Finish "}"
End Sub

Sub Controllers()
	Dim kind, found, row, class_
	Key "controllers"
	Begin "["
	For Each kind In Array("IDE", "SCSI")
		class_ = "Win32_" & kind & "Controller"
		Set found = Rows("SELECT * FROM " & class_)
		If Not found Is Nothing Then
			For Each row In found
				If Not IsEmpty(Prop(row, "Name")) Then
					NextItem
					Begin "{"
					PutText "name", Prop(row, "Name")
					PutText "kind", LCase(kind)
					PutText "driver", Prop(row, "DriverName")
					Finish "}"
				End If
			Next
		End If
	Next
	Finish "]"
End Sub

' Drive letters of one partition.
Sub LettersOf(partition)
	Dim found, row
	Key "volumes"
	Begin "["
	On Error Resume Next
	Set found = wmi.ExecQuery("ASSOCIATORS OF {Win32_DiskPartition.DeviceID='" & _
		Prop(partition, "DeviceID") & "'} WHERE AssocClass = Win32_LogicalDiskToPartition")
	For Each row In found
		If Mid(Prop(row, "DeviceID"), 2, 1) = ":" Then PutItem Prop(row, "DeviceID")
	Next
	Err.Clear
	Finish "]"
End Sub

Sub Partitions(disk)
	Dim found, row, kind, system
	system = UCase(Left(Expanded("%SystemDrive%"), 2))
	Set found = Rows("SELECT * FROM Win32_DiskPartition WHERE DiskIndex = " & _
		Prop(disk, "Index"))
	If found Is Nothing Then Exit Sub
	Key "partitions"
	Begin "["
	For Each row In found
		kind = Prop(row, "Type")
		NextItem
		Begin "{"
		PutNumber "number", CLng(Prop(row, "Index")) + 1
		PutNumber "bytes", Prop(row, "Size")
		PutBool "primary", Prop(row, "PrimaryPartition")
		PutBool "bootable", Prop(row, "Bootable")
		PutBool "extended", Matches(kind, "Extended")
		PutBool "windows", HoldsDrive(row, system)
		PutBool "boot_ini", files.FileExists(system & "\boot.ini") And Prop(row, "BootPartition")
		LettersOf row
		Finish "}"
	Next
	Finish "]"
End Sub

Function HoldsDrive(partition, letter)
	Dim found, row
	HoldsDrive = False
	On Error Resume Next
	Set found = wmi.ExecQuery("ASSOCIATORS OF {Win32_DiskPartition.DeviceID='" & _
		Prop(partition, "DeviceID") & "'} WHERE AssocClass = Win32_LogicalDiskToPartition")
	For Each row In found
		If UCase(Prop(row, "DeviceID")) = letter Then HoldsDrive = True
	Next
	Err.Clear
End Function

' "dynamic" where one of its partitions is of the Logical Disk Manager.
Function DiskKind(disk)
	Dim found, row
	DiskKind = Empty
	Set found = Rows("SELECT * FROM Win32_DiskPartition WHERE DiskIndex = " & _
		Prop(disk, "Index"))
	If found Is Nothing Then Exit Function
	DiskKind = "basic"
	For Each row In found
		If Matches(Prop(row, "Type"), "Logical Disk Manager") Then DiskKind = "dynamic"
	Next
End Function

Function DiskStyle(disk)
	Dim found, row
	DiskStyle = Empty
	Set found = Rows("SELECT * FROM Win32_DiskPartition WHERE DiskIndex = " & _
		Prop(disk, "Index"))
	If found Is Nothing Then Exit Function
	For Each row In found
		DiskStyle = "mbr"
		If Matches(Prop(row, "Type"), "GPT") Then
			DiskStyle = "gpt"
			Exit Function
		End If
	Next
End Function

Function BusName(disk)
	Select Case UCase(CStr(Prop(disk, "InterfaceType")))
		Case "IDE"
			BusName = "ide"
		Case "SCSI"
			BusName = "scsi"
		Case "USB"
			BusName = "usb"
		Case "1394"
			BusName = "ieee1394"
		Case Else
			BusName = Empty
	End Select
End Function

Sub Disks()
	Dim found, row
	Set found = Rows("SELECT * FROM Win32_DiskDrive")
	If found Is Nothing Then Exit Sub
	Key "disks"
	Begin "["
	For Each row In found
		NextItem
		Begin "{"
		PutText "device", "\device\harddisk" & Prop(row, "Index")
		PutNumber "bytes", Prop(row, "Size")
		PutText "kind", DiskKind(row)
		PutText "style", DiskStyle(row)
		PutText "bus", BusName(row)
		PutText "model", Prop(row, "Model")
		Partitions row
		Finish "}"
	Next
	Finish "]"
End Sub

Sub Volumes()
	Dim found, row, system, free
	system = UCase(Left(Expanded("%SystemDrive%"), 2))
	Set found = Rows("SELECT * FROM Win32_LogicalDisk WHERE DriveType = 3")
	If found Is Nothing Then Exit Sub
	Key "volumes"
	Begin "["
	For Each row In found
		NextItem
		Begin "{"
		PutText "name", Prop(row, "DeviceID")
		PutText "fs", Prop(row, "FileSystem")
		PutNumber "bytes", Prop(row, "Size")
		free = Prop(row, "FreeSpace")
		If IsNumeric(free) And IsNumeric(Prop(row, "Size")) And Not IsEmpty(free) Then _
			PutNumber "used_bytes", CStr(Int(CDbl(Prop(row, "Size")) - CDbl(free)))
		PutBool "windows", UCase(Prop(row, "DeviceID")) = system
		Finish "}"
	Next
	Finish "]"
End Sub

' A fibre channel adapter is there: its disks are on a storage network.
Sub StorageNetworks()
	Dim found, row, san
	Set found = Rows("SELECT * FROM Win32_SCSIController")
	If found Is Nothing Then Exit Sub
	san = False
	For Each row In found
		If Matches(Prop(row, "Name"), "Fibre") Or Matches(Prop(row, "Name"), "Fiber") Or _
			Matches(Prop(row, "Name"), "Emulex") Or Matches(Prop(row, "Name"), "QLogic") Then _
			san = True
	Next
	PutBool "san", san
	Set found = Rows("SELECT * FROM Win32_Service WHERE Name = 'MSiSCSI'")
	If Not found Is Nothing Then
		For Each row In found
			PutBool "iscsi", Prop(row, "State") = "Running"
		Next
	End If
End Sub

Sub Mounted()
	Dim names, kinds, one
	If registry Is Nothing Then Exit Sub
	On Error Resume Next
	If registry.EnumValues(HKLM, "SYSTEM\MountedDevices", names, kinds) <> 0 Then Exit Sub
	If Not IsArray(names) Then Exit Sub
	Key "mounted"
	Begin "["
	For Each one In names
		PutItem one
	Next
	Finish "]"
	Err.Clear
End Sub

Sub Storage()
	Key "storage"
	Begin "{"
	Controllers
	Disks
	Volumes
	StorageNetworks
	Mounted
	Finish "}"
End Sub

Function BitsOf(mask)
	Dim parts, part, value
	BitsOf = 0
	parts = Split(mask, ".")
	If UBound(parts) <> 3 Then Exit Function
	For Each part In parts
		value = CLng(part)
		Do While value > 0
			BitsOf = BitsOf + (value And 1)
			value = value \ 2
		Loop
	Next
End Function

' An array whose items cannot be read is as one that is not there.
Sub PutTexts(name, list)
	Dim one
	If Not IsArray(list) Then Exit Sub
	On Error Resume Next
	Key name
	Begin "["
	For Each one In list
		PutItem one
	Next
	Err.Clear
	Finish "]"
End Sub

Function FirstOf(list)
	FirstOf = Empty
	On Error Resume Next
	FirstOf = list(0)
	Err.Clear
End Function

Function WithoutColons(text)
	Dim i
	WithoutColons = ""
	If IsNull(text) Or IsEmpty(text) Then Exit Function
	For i = 1 To Len(text)
		If Mid(text, i, 1) <> ":" Then WithoutColons = WithoutColons & Mid(text, i, 1)
	Next
End Function

Sub Addresses(row)
	Dim list, masks, i, address, last
	list = Prop(row, "IPAddress")
	masks = Prop(row, "IPSubnet")
	If Not IsArray(list) Or Not IsArray(masks) Then Exit Sub
	On Error Resume Next
	Key "addresses"
	Begin "["
	last = -1
	last = UBound(list)
	For i = 0 To last
		address = ""
		address = list(i)
		If InStr(address, ":") > 0 Then
			PutItem address & "/" & masks(i)
		ElseIf address <> "" And address <> "0.0.0.0" Then
			PutItem address & "/" & BitsOf(masks(i))
		End If
	Next
	Err.Clear
	Finish "]"
End Sub

Sub Network()
	Dim found, row, gateway, isPrimaryFound, adapter
	Set found = Rows("SELECT * FROM Win32_NetworkAdapterConfiguration WHERE IPEnabled = TRUE")
	If found Is Nothing Then Exit Sub
	isPrimaryFound = False
	Key "network"
	Begin "["
	For Each row In found
		Set adapter = First("SELECT * FROM Win32_NetworkAdapter WHERE Index = " & Prop(row, "Index"))
		NextItem
		Begin "{"
		PutText "name", AdapterName(row, adapter)
		PutText "mac", WithoutColons(Prop(row, "MACAddress"))
		If Not adapter Is Nothing Then SpeedOf adapter
		PutBool "dhcp", Prop(row, "DHCPEnabled")
		gateway = Prop(row, "DefaultIPGateway")
		PutBool "primary", IsArray(gateway) And Not isPrimaryFound
		If IsArray(gateway) Then isPrimaryFound = True
		Addresses row
		If IsArray(gateway) Then PutText "gateway", FirstOf(gateway)
		PutTexts "dns", Prop(row, "DNSServerSearchOrder")
		Finish "}"
	Next
	Finish "]"
End Sub

' "Local Area Connection" is what people know; older systems give the maker's name alone.
Function AdapterName(row, adapter)
	AdapterName = Prop(row, "Description")
	If adapter Is Nothing Then Exit Function
	If Not IsEmpty(Prop(adapter, "NetConnectionID")) And Not IsNull(Prop(adapter, "NetConnectionID")) Then _
		AdapterName = Prop(adapter, "NetConnectionID")
End Function

Sub SpeedOf(adapter)
	Dim speed
	speed = Prop(adapter, "Speed")
	If IsEmpty(speed) Or IsNull(speed) Then Exit Sub
	If Not IsNumeric(speed) Then Exit Sub
	If CDbl(speed) > 1E+12 Or CDbl(speed) <= 0 Then Exit Sub ' the driver's "unknown"
	PutNumber "speed_mbps", CStr(Int(CDbl(speed) / 1000000))
End Sub

Sub Routes()
	Dim found, row, target
	Set found = Rows("SELECT * FROM Win32_IP4RouteTable") ' since Windows XP
	If found Is Nothing Then Exit Sub
	Key "routes"
	Begin "["
	For Each row In found
		target = Prop(row, "Destination") & "/" & BitsOf(Prop(row, "Mask"))
		If target = "0.0.0.0/0" Then target = "default"
		If Left(target, 4) <> "127." And Left(target, 4) <> "224." And Left(target, 4) <> "255." Then
			NextItem
			Begin "{"
			PutText "to", target
			PutText "via", Prop(row, "NextHop")
			PutNumber "metric", Prop(row, "Metric1")
			Finish "}"
		End If
	Next
	Finish "]"
End Sub

Sub Devices(class_, kind, query)
	Dim found, row
	Set found = Rows(query)
	If found Is Nothing Then Exit Sub
	For Each row In found
		NextItem
		Begin "{"
		PutText "class", class_
		PutText "kind", kind
		PutText "name", Prop(row, "Name")
		Finish "}"
	Next
End Sub

Function UsbKind(id, name)
	UsbKind = "other"
	If Matches(name, "keyboard") Then UsbKind = "keyboard"
	If Matches(name, "mouse") Then UsbKind = "mouse"
	If Matches(name, "print") Then UsbKind = "printer"
	If Matches(name, "storage") Or Matches(name, "disk") Then UsbKind = "disk"
	If Matches(name, "Human Interface") Or Matches(name, "Composite") Or Matches(name, "Input Device") Then UsbKind = "hid"
End Function

Sub UsbDevices()
	Dim found, row, name
	Set found = Rows("SELECT * FROM Win32_PnPEntity WHERE DeviceID LIKE 'USB\\VID%'")
	If found Is Nothing Then Exit Sub ' LIKE is not known before Windows XP
	For Each row In found
		name = Prop(row, "Name")
		If Not Matches(name, "hub") Then
			NextItem
			Begin "{"
			PutText "class", "usb"
			PutText "kind", UsbKind(Prop(row, "DeviceID"), name)
			PutText "name", name
			Finish "}"
		End If
	Next
End Sub

Sub Secondary()
	If wmi Is Nothing Then Exit Sub
	Key "secondary"
	Begin "["
	Devices "video", "vga", "SELECT * FROM Win32_VideoController"
	Devices "audio", "onboard", "SELECT * FROM Win32_SoundDevice"
	Devices "serial", "", "SELECT * FROM Win32_SerialPort"
	Devices "parallel", "", "SELECT * FROM Win32_ParallelPort"
	Devices "cdrom", "", "SELECT * FROM Win32_CDROMDrive"
	Devices "floppy", "", "SELECT * FROM Win32_FloppyDrive"
	Devices "ieee1394", "controller", "SELECT * FROM Win32_1394Controller"
	Devices "scsi", "tape", "SELECT * FROM Win32_TapeDrive"
	UsbDevices
	Finish "]"
End Sub

Sub StartModes(name, class_)
	Dim found, row, mode
	Set found = Rows("SELECT Name, StartMode FROM " & class_)
	If found Is Nothing Then Exit Sub
	Key name
	Begin "["
	For Each row In found
		NextItem
		Begin "{"
		PutText "name", Prop(row, "Name")
		mode = Prop(row, "StartMode")
		If Not IsEmpty(mode) And Not IsNull(mode) Then PutText "start", LCase(mode)
		Finish "}"
	Next
	Finish "]"
End Sub

Sub Updates()
	Dim found, row
	Set found = Rows("SELECT HotFixID FROM Win32_QuickFixEngineering")
	If found Is Nothing Then Exit Sub
	Key "updates"
	Begin "["
	For Each row In found
		If Prop(row, "HotFixID") <> "File 1" Then PutItem Prop(row, "HotFixID")
	Next
	Finish "]"
End Sub

Sub Programs()
	Dim names, one, base, title
	If registry Is Nothing Then Exit Sub
	base = "SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
	On Error Resume Next
	If registry.EnumKey(HKLM, base, names) <> 0 Then Exit Sub
	If Not IsArray(names) Then Exit Sub
	Key "packages"
	Begin "["
	For Each one In names
		title = RegText(base & "\" & one, "DisplayName")
		If title <> "" Then
			NextItem
			Begin "{"
			PutText "name", title
			PutText "version", RegText(base & "\" & one, "DisplayVersion")
			Finish "}"
		End If
	Next
	Finish "]"
	Err.Clear
End Sub

Sub AutoRun()
	Dim found, row
	Set found = Rows("SELECT * FROM Win32_StartupCommand")
	If found Is Nothing Then Exit Sub
	Key "auto_run"
	Begin "["
	For Each row In found
		PutItem Prop(row, "Command")
	Next
	Finish "]"
End Sub

' The files that a migration replaces or needs, with their versions.
Sub SystemFiles()
	Dim folder, name
	folder = Expanded("%SystemRoot%") & "\system32\"
	Key "system_files"
	Begin "["
	For Each name In Array("hal.dll", "ntoskrnl.exe", "ntkrnlpa.exe", "ntdll.dll", _
		"kernel32.dll", "winsrv.dll", "win32k.sys", "user32.dll", "gdi32.dll", _
		"drivers\atapi.sys", "drivers\disk.sys")
		If files.FileExists(folder & name) Then
			NextItem
			Begin "{"
			PutText "name", Mid(name, InStrRev(name, "\") + 1)
			PutText "version", files.GetFileVersion(folder & name)
			Finish "}"
		End If
	Next
	Finish "]"
End Sub

Sub Software(os)
	Dim value
	Key "software"
	Begin "{"
	StartModes "services", "Win32_Service"
	StartModes "drivers", "Win32_SystemDriver"
	Updates
	Programs
	AutoRun
	SystemFiles
	value = RegNumber("SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5", "Install")
	If Not registry Is Nothing Then PutBool "dotnet35", value = 1
	value = RegNumber("SYSTEM\CurrentControlSet\Control\Power", "HibernateEnabled")
	If Not IsEmpty(value) Then PutBool "hibernation", value <> 0
	Finish "}"
End Sub

' Only administrators may read the settings of the local service account, which exists since
' Windows XP; before, nobody is asked.
Function IsAdmin(os)
	Dim value
	IsAdmin = Empty
	If os Is Nothing Then Exit Function
	If Left(Prop(os, "Version"), 3) = "5.0" Or Left(Prop(os, "Version"), 1) = "4" Then Exit Function
	On Error Resume Next
	value = shell.RegRead("HKEY_USERS\S-1-5-19\Environment\TEMP")
	IsAdmin = (Err.Number = 0)
	Err.Clear
End Function

Sub Main()
	Dim system, os, name, file
	Set system = First("SELECT * FROM Win32_ComputerSystem")
	Set os = First("SELECT * FROM Win32_OperatingSystem")
	name = Expanded("%COMPUTERNAME%")
	Begin "{"
	PutText "schema", "headroom/machine/1"
	PutText "name", name
	PutNumber "gathered", UnixSeconds()
	If Not system Is Nothing Then WhatItIs system
	If Not os Is Nothing Then OperatingSystem os
	If Not system Is Nothing And Not os Is Nothing Then General system, os
	Storage
	Network
	Routes
	Secondary
	Software os
	PutBool "wmi", Not wmi Is Nothing
	PutBool "admin", IsAdmin(os)
	Finish vbCrLf & "}" & vbCrLf
	If WantsStdout() Then
		WScript.StdOut.Write output
	Else
		Set file = files.CreateTextFile(name & ".json", True)
		file.Write output
		file.Close
		WScript.Echo name & ".json"
	End If
End Sub

' Some systems give the NUL at the end, too.
Function Expanded(text)
	Dim i, value
	value = shell.ExpandEnvironmentStrings(text)
	Expanded = ""
	For i = 1 To Len(value)
		If Asc(Mid(value, i, 1)) <> 0 Then Expanded = Expanded & Mid(value, i, 1)
	Next
End Function

Function WantsStdout()
	Dim i
	WantsStdout = False
	On Error Resume Next
	For i = 0 To WScript.Arguments.Count - 1
		If LCase(WScript.Arguments(i)) = "/stdout" Then WantsStdout = True
	Next
	Err.Clear
End Function

' Days since 1899-12-30 by the local clock, less what it is ahead of UTC (in minutes).
Function UnixSeconds()
	Dim bias
	bias = 0
	On Error Resume Next
	bias = CDbl(shell.RegRead("HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation\ActiveTimeBias"))
	If bias > 2147483647 Then bias = bias - 4294967296
	UnixSeconds = CStr(Int((CDbl(Now) - 25569) * 86400 + bias * 60 + 0.5))
	If Err.Number <> 0 Then UnixSeconds = Empty
	Err.Clear
End Function
